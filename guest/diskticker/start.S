/* The beginning, the clock and the serial port of a 32-bit PC without paging. `iret` does not occur: a KVM that emulates unpaged code cannot
   execute it. */

    .intel_syntax noprefix
    .code32

    .equ MULTIBOOT, 0x1badb002
    .equ FLAGS, 0x00010000                  /* load addresses are given below */
    .equ PIT_HZ, 1193182

    .section .header, "ax"
    .globl header, wait_for_beat, beats

    .balign 4
header:
    .long MULTIBOOT, FLAGS, -(MULTIBOOT + FLAGS)
    .long header, header, loaded, end, start    /* header, load from, load to, zero to, entry */

start:
    cli
    cld
    mov esp, offset stack_top
    lgdt [gdt_register]
    ljmp 8:1f
1:  mov ecx, 16
    mov ds, ecx
    mov es, ecx
    mov fs, ecx
    mov gs, ecx
    mov ss, ecx
    xor edx, edx                            /* no command line */
    cmp eax, 0x2badb002
    jne 1f
    test byte ptr [ebx], 4
    jz 1f
    mov edx, [ebx + 16]
1:  mov edi, offset loaded                  /* what a loader left here is not zero */
2:  mov dword ptr [edi], 0
    add edi, 4
    cmp edi, offset end
    jb 2b
    push edx
    call interrupts_start
    call run                                /* does not return */

    .text
interrupts_start:
    mov edi, offset idt
    mov ecx, 48
    mov ebx, offset fault
1:  cmp ecx, 16
    jne 2f
    mov ebx, offset clock_interrupt         /* vector 32 */
2:  cmp ecx, 15
    jne 3f
    mov ebx, offset spurious
3:  mov eax, ebx
    and eax, 0xffff
    or eax, 0x80000
    mov [edi], eax
    mov eax, ebx
    and eax, 0xffff0000
    or eax, 0x8e00
    mov [edi + 4], eax
    add edi, 8
    loop 1b
    lidt [idt_register]
    mov esi, offset ports
    mov ecx, 20
4:  movzx edx, word ptr [esi]
    mov al, [esi + 2]
    out dx, al
    add esi, 3
    loop 4b
    ret

/* Interrupts are off everywhere else, so the handler need not preserve more than C expects of a call: it drops the interrupt's frame and
   returns to who waited. */
wait_for_beat:
    sti                                     /* takes effect after hlt has begun */
    hlt
clock_interrupt:
    add esp, 12
    inc dword ptr [beats]
    mov al, 0x20
    out 0x20, al
    ret
spurious:
    add esp, 12
    jmp wait_for_beat

fault:
    call processor_exception
1:  cli
    hlt
    jmp 1b

    .section .rodata
    .balign 8
gdt:            .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdt_register:   .word . - gdt - 1
                .long gdt
idt_register:   .word 48 * 8 - 1
                .long idt

    .macro port number, value
    .word \number
    .byte \value
    .endm
ports:
    port 0x3f9, 0                           /* serial port: no interrupts, 115200 8n1, queues */
    port 0x3fb, 0x80
    port 0x3f8, 1
    port 0x3f9, 0
    port 0x3fb, 3
    port 0x3fa, 7
    port 0x3fc, 3
    port 0x20, 0x11                         /* interrupt controllers: vectors from 32 on, the clock alone */
    port 0xa0, 0x11
    port 0x21, 32
    port 0xa1, 40
    port 0x21, 4
    port 0xa1, 2
    port 0x21, 1
    port 0xa1, 1
    port 0x21, 0xfe
    port 0xa1, 0xff
    port 0x43, 0x34                         /* clock: a hundred a second */
    port 0x40, (PIT_HZ / 100) & 255
    port 0x40, (PIT_HZ / 100) >> 8

    .bss
    .balign 16
idt:            .skip 48 * 8
beats:          .skip 4
                .skip 16384 - 4
                .balign 16
stack_top:
    .section .note.GNU-stack, "", @progbits
