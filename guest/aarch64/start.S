/* The beginning, on the first processor, at exception level 1, without translation of addresses: so every access must be aligned. */

    .section .header, "ax"
    .globl header
header:
    b start                                 /* the header of an arm64 kernel image */
    .word 0
    .quad 0x80000                           /* offset from the beginning of RAM */
    .quad end - header
    .quad 0, 0, 0, 0
    .ascii "ARM\x64"
    .word 0

start:                                      /* x0 = device tree */
    ldr x1, =stack_top
    mov sp, x1
    ldr x1, =vectors
    msr vbar_el1, x1
    ldr x1, =loaded
    ldr x2, =end
1:  str xzr, [x1], 8
    cmp x1, x2
    blo 1b
    bl run                                  /* does not return */

    .ltorg

    .balign 2048
vectors:
    .rept 16
    b fault
    .balign 128
    .endr
fault:
    bl processor_exception
1:  wfi
    b 1b
    .section .note.GNU-stack, "", %progbits
