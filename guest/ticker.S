# ticker: a guest that checks itself while it is captured, migrated and resumed.
#
# A diskless 32-bit image of a few KiB without paging. QEMU boots it with `-kernel ticker.bin` (multiboot with load
# addresses, so the file is a flat binary) on pc and q35, under TCG and KVM. It fills a region of memory with pages whose
# every word follows from the page's index and generation, writes the pages anew one after the other, verifies them all
# the time against the generation that each must have (a stale page is as wrong as a broken one), and prints on COM1
#
#     READY pages=4096 zero=819
#     tick 1 ok
#     tick 2 ok                           ... the number grows by exactly one, `bad` instead of `ok` after a mismatch
#     CORRUPT page=5 word=1023 is=.. want=..
#
# Parameters, on the command line (-append 'size=16 rate=50'), all decimal:
#     base    first MiB of the region (at least 4)            16
#     size    MiB of the region (base + size below 2 GiB)     16
#     zero    percent of the pages that stay zero             20
#     rate    pages written anew per tick                     16
#     verify  pages verified per tick                         128
#     tick    milliseconds per tick (steps of 10)             50
#     walk    pages touched per tick while walking            64
#     high    MiB from 4 GiB on that are filled once, not verified, for guests with much RAM    0    (not under an emulating KVM)
#     step    words from one word that counts to the next     1      (an emulated KVM manages a million instructions a second)
#
# Letters typed on COM1:
#     v   verify the whole region now: `VERIFY ok pages=4096`, or `VERIFY bad pages=4096`
#     d   stop or start writing: `WRITING off`, `WRITING on`
#     l   touch each page of the region once, in random order, and time every touch; after each tick, all so far:
#         `LATENCY n=64 p50=2 p99=180 max=230 us, waits=30 p50=41 p99=230 us`, the latter of touches of 4 us and more alone
#
# Build: ./build (GNU as and ld)

    .intel_syntax noprefix
    .code32
    .text
    .globl _start

    .equ COM1, 0x3f8
    .equ MULTIBOOT, 0x1badb002
    .equ FLAGS, 0x00010000                  # load addresses are given below
    .equ HISTOGRAM, 0x200000                # one dword per microsecond
    .equ BUCKETS, 65536
    .equ TABLES, 0x300000                   # page tables while memory above 4 GiB is filled
    .equ WINDOW, 0x40000000
    .equ WAITED, 4                          # microseconds that no page takes that is there
    .equ PIT_HZ, 1193182
    .equ COMPLAINTS, 20

_start:
    .balign 4
header:
    .long MULTIBOOT, FLAGS, -(MULTIBOOT + FLAGS)
    .long header, _start, end, end, start   # header, load from, load to, bss to, entry

# ---------------------------------------------------------------- start-up
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
    call serial_start
    cmp eax, 0x2badb002
    jne 1f
    test byte ptr [ebx], 4                  # a command line is there
    jz 1f
    mov esi, [ebx + 16]
    call parse
1:  mov eax, [size]
    shl eax, 8
    mov [pages], eax
    shl dword ptr [base], 20
    call interrupts_start
    call clock_start
    call fill_high
    call fill_region
    mov eax, [jiffies]
    mov [next_tick], eax

# ---------------------------------------------------------------- one tick
main:
    mov eax, [jiffies]
    sub eax, [next_tick]
    jns 1f
    call wait
    jmp main
1:  xor edx, edx
    mov eax, [tick]
    mov ecx, 10
    div ecx
    add eax, [jiffies]
    mov [next_tick], eax

    call write_some
    call verify_some
    mov esi, offset text_tick
    call puts
    inc dword ptr [ticks]
    mov eax, [ticks]
    call put_decimal
    mov esi, offset text_ok
    cmp dword ptr [corrupt], 0
    je 2f
    mov esi, offset text_bad
2:  call puts
    call put_line
    call walk_some
    call obey
    jmp main

# ---------------------------------------------------------------- the region
# Generations: pages below the cursor have generation + 1, the others generation.

# eax = page: edx = the generation it must have. Keeps the rest.
expected:
    mov edx, [generation]
    cmp eax, [cursor]
    jae 1f
    inc edx
1:  ret

# eax = page: carry set if it stays zero. Keeps all registers.
stays_zero:
    pushad
    mov ecx, 2654435761
    mul ecx
    shr eax, 8
    xor edx, edx
    mov ecx, 100
    div ecx
    cmp edx, [zero]
    popad
    ret

# eax = page: edi = its address
address:
    mov edi, eax
    shl edi, 12
    add edi, [base]
    ret

# eax = page, edx = generation: ebx = the value from which its words follow
first_value:
    imul ebx, eax, 0x9e3779b1
    imul ecx, edx, 0x85ebca6b
    lea ebx, [ebx + ecx + 1]
    ret

    .macro next_value                       # a linear congruential step
    imul ebx, ebx, 1664525
    add ebx, 1013904223
    .endm

# eax = page, edx = generation
write_page:
    pushad
    call address
    call first_value
    mov [edi], edx
    mov [edi + 4], eax
    mov ecx, 2
1:  next_value
    mov [edi + ecx * 4], ebx
    add ecx, [step]
    cmp ecx, 1023
    jb 1b
    next_value                              # the last word always counts
    mov [edi + 1023 * 4], ebx
    popad
    ret

# eax = page: verifies it, complains
verify_page:
    pushad
    call address
    call stays_zero
    jc 3f
    call expected
    call first_value
    push ebx
    mov ebx, edx
    xor ecx, ecx
    cmp [edi], ebx
    jne 8f
    mov ebx, eax
    inc ecx
    cmp [edi + 4], ebx
    jne 8f
    pop ebx
    inc ecx
1:  next_value
    cmp [edi + ecx * 4], ebx
    jne 9f
    add ecx, [step]
    cmp ecx, 1023
    jb 1b
    next_value
    jmp 5f
3:  xor ecx, ecx
    xor ebx, ebx
4:  cmp [edi + ecx * 4], ebx
    jne 9f
    add ecx, [step]
    cmp ecx, 1023
    jb 4b
5:  mov ecx, 1023
    cmp [edi + ecx * 4], ebx
    jne 9f
2:  popad
    ret
8:  add esp, 4
9:  inc dword ptr [corrupt]                 # page eax, word ecx at edi, wanted ebx
    cmp dword ptr [corrupt], COMPLAINTS
    ja 2b
    mov esi, offset text_corrupt
    call puts
    call put_decimal
    mov esi, offset text_word
    call puts
    mov eax, ecx
    call put_decimal
    mov esi, offset text_is
    call puts
    mov eax, [edi + ecx * 4]
    call put_hex
    mov esi, offset text_want
    call puts
    mov eax, ebx
    call put_hex
    call put_line
    popad
    ret

fill_region:
    xor eax, eax
    xor esi, esi                            # zero pages
    mov edx, [generation]
1:  cmp eax, [pages]
    jae 4f
    call stays_zero
    jc 2f
    call write_page
    jmp 3f
2:  inc esi                                 # RAM is zero when a machine begins
3:  inc eax
    jmp 1b
4:  push esi
    mov esi, offset text_ready
    call puts
    call put_decimal
    mov esi, offset text_zero
    call puts
    pop eax
    call put_decimal
    jmp put_line

# Fills memory above 4 GiB through a window of 2 MiB, with paging on only meanwhile: the first GiB is mapped as it is.
fill_high:
    shr dword ptr [high], 1                 # windows
    jz 9f
    xor eax, eax
    mov edi, TABLES
    mov ecx, 3 * 1024
    rep stosd
    mov dword ptr [TABLES], TABLES + 0x1001
    mov dword ptr [TABLES + 8], TABLES + 0x2001
    mov eax, 0x83                           # present, writable, 2 MiB
    mov edi, TABLES + 0x1000
    mov ecx, 512
1:  mov [edi], eax
    add eax, 0x200000
    add edi, 8
    loop 1b
    mov eax, cr4
    or eax, 0x20                            # PAE
    mov cr4, eax
    mov eax, TABLES
    mov cr3, eax
    mov eax, cr0
    or eax, 0x80000000
    mov cr0, eax
    xor ebp, ebp                            # the window's number
2:  mov eax, ebp
    shl eax, 21
    or eax, 0x83
    mov [TABLES + 0x2000], eax
    mov eax, ebp
    shr eax, 11
    inc eax
    mov [TABLES + 0x2004], eax
    invlpg [WINDOW]
    mov edi, WINDOW
    mov eax, ebp
    shl eax, 9
    or eax, 0x80000000                      # pages of the region have other numbers
3:  call stays_zero
    jc 5f
    mov edx, 1
    call first_value
    mov ecx, 1024
4:  next_value
    mov [edi + ecx * 4 - 4], ebx
    loop 4b
5:  add edi, 4096
    inc eax
    test eax, 511
    jnz 3b
    inc ebp
    cmp ebp, [high]
    jb 2b
    mov eax, cr0
    and eax, 0x7fffffff
    mov cr0, eax
9:  ret

# Writes `rate` pages anew, from the cursor on; pages that stay zero count too.
write_some:
    cmp dword ptr [writing], 0
    je 3f
    mov esi, [rate]
1:  dec esi
    js 3f
    mov eax, [cursor]
    mov edx, [generation]
    inc edx
    call stays_zero
    jc 2f
    call write_page
2:  inc eax
    mov [cursor], eax
    cmp eax, [pages]
    jb 1b
    mov [generation], edx
    mov dword ptr [cursor], 0
    jmp 1b
3:  ret

verify_some:
    mov esi, [verify]
1:  dec esi
    js 3f
    mov eax, [verify_cursor]
    call verify_page
    inc eax
    cmp eax, [pages]
    jb 2f
    xor eax, eax
2:  mov [verify_cursor], eax
    jmp 1b
3:  ret

verify_all:
    push dword ptr [corrupt]
    xor eax, eax
1:  cmp eax, [pages]
    jae 2f
    call verify_page
    inc eax
    jmp 1b
2:  mov esi, offset text_verify
    call puts
    mov esi, offset text_ok
    pop ecx
    cmp ecx, [corrupt]
    je 3f
    mov esi, offset text_bad
3:  call puts
    mov esi, offset text_pages
    call puts
    call put_decimal
    jmp put_line

# ---------------------------------------------------------------- walking: how long does a first touch take
walk_start:
    xor eax, eax
    mov edi, HISTOGRAM
    mov ecx, BUCKETS
    rep stosd
    mov [walked], eax
    mov [walk_place], eax
    mov dword ptr [walking], 1
    mov eax, 1                              # the power of two that holds every page
1:  cmp eax, [pages]
    jae 2f
    add eax, eax
    jmp 1b
2:  dec eax
    mov [walk_mask], eax
    ret

walk_some:
    cmp dword ptr [walking], 0
    je 9f
    mov esi, [walk]
1:  dec esi
    js 5f
2:  mov eax, [walk_place]                   # full period: every place below the power of two comes once
    imul eax, eax, 1664525
    add eax, 1013904223
    and eax, [walk_mask]
    mov [walk_place], eax
    cmp eax, [pages]
    jae 2b
    call address
    rdtsc
    mov ebx, eax
    mov ecx, [edi + 128]
    rdtsc
    sub eax, ebx
    xor edx, edx
    div dword ptr [tsc_per_us]
    cmp eax, BUCKETS - 1
    jbe 3f
    mov eax, BUCKETS - 1
3:  inc dword ptr [HISTOGRAM + eax * 4]
    mov eax, [walked]
    inc eax
    mov [walked], eax
    cmp eax, [pages]
    jb 1b
    mov dword ptr [walking], 0
5:  mov esi, offset text_latency
    call puts
    mov eax, [walked]
    mov [counted], eax
    mov dword ptr [first_bucket], 0
    call put_decimal
    mov esi, offset text_p50
    mov ecx, 50
    call put_percentile
    mov esi, offset text_p99
    mov ecx, 99
    call put_percentile
    mov esi, offset text_max
    mov ecx, 100
    call put_percentile
    mov esi, offset text_us
    call puts
    mov eax, [walked]                       # the same of those that waited
    xor ecx, ecx
6:  sub eax, [HISTOGRAM + ecx * 4]
    inc ecx
    cmp ecx, WAITED
    jb 6b
    mov [counted], eax
    mov [first_bucket], ecx
    mov esi, offset text_waits
    call puts
    call put_decimal
    test eax, eax
    jz 7f
    mov esi, offset text_p50
    mov ecx, 50
    call put_percentile
    mov esi, offset text_p99
    mov ecx, 99
    call put_percentile
    mov esi, offset text_us
    call puts
7:  jmp put_line
9:  ret

# esi = label, ecx = percent of the touches counted, which are in the histogram from first_bucket on
put_percentile:
    call puts
    mov eax, [counted]
    mul ecx
    add eax, 99
    mov ecx, 100
    div ecx                                 # so many touches are not slower
    mov ecx, [first_bucket]
1:  sub eax, [HISTOGRAM + ecx * 4]
    jbe 2f
    inc ecx
    jmp 1b
2:  mov eax, ecx
    jmp put_decimal

# ---------------------------------------------------------------- orders from the serial port
obey:
    mov dx, COM1 + 5
    in al, dx
    test al, 1
    jz 9f
    mov dx, COM1
    in al, dx
    cmp al, 'v'
    je verify_all
    cmp al, 'l'
    je walk_start
    cmp al, 'd'
    jne 9f
    mov esi, offset text_on
    xor dword ptr [writing], 1
    jnz 1f
    mov esi, offset text_off
1:  push esi
    mov esi, offset text_writing
    call puts
    pop esi
    call puts
    jmp put_line
9:  ret

# esi = command line: fills in the parameters that it names
parse:
1:  mov edi, offset parameters
    cmp byte ptr [esi], 0
    je 9f
2:  xor ecx, ecx
3:  mov al, [edi + ecx]
    cmp al, [esi + ecx]
    jne 5f
    inc ecx
    cmp al, '='
    jne 3b
    add esi, ecx
    xor eax, eax
4:  movzx ecx, byte ptr [esi]
    sub ecx, '0'
    cmp ecx, 9
    ja 6f
    imul eax, eax, 10
    add eax, ecx
    inc esi
    mov [edi + 8], eax
    jmp 4b
5:  add edi, 12
    cmp edi, offset parameters_end
    jb 2b
6:  mov al, [esi]                           # to the next word
    test al, al
    jz 9f
    inc esi
    cmp al, ' '
    jne 6b
    jmp 1b
9:  ret

# ---------------------------------------------------------------- serial port
serial_start:
    pushad
    mov esi, offset serial_table
    mov ecx, 7
1:  movzx edx, byte ptr [esi]
    add edx, COM1
    mov al, [esi + 1]
    out dx, al
    add esi, 2
    loop 1b
    popad
    ret

# al = character. Keeps all registers.
putc:
    push eax
    push edx
    mov ah, al
    mov dx, COM1 + 5
1:  in al, dx
    test al, 0x20
    jz 1b
    mov al, ah
    mov dx, COM1
    out dx, al
    pop edx
    pop eax
    ret

# esi = text that ends with 0; keeps eax
puts:
    push eax
1:  lodsb
    test al, al
    jz 2f
    call putc
    jmp 1b
2:  pop eax
    ret

put_line:
    mov al, '\n'
    jmp putc

# eax = number. Keeps all registers.
put_decimal:
    pushad
    mov ebx, 10
    xor ecx, ecx
1:  xor edx, edx
    div ebx
    push edx
    inc ecx
    test eax, eax
    jnz 1b
2:  pop eax
    add al, '0'
    call putc
    loop 2b
    popad
    ret

put_hex:
    pushad
    mov ebx, eax
    mov ecx, 8
1:  rol ebx, 4
    mov eax, ebx
    and eax, 15
    mov al, [digits + eax]
    call putc
    loop 1b
    popad
    ret

# ---------------------------------------------------------------- interrupts and clock
interrupts_start:
    mov edi, offset idt
    mov ecx, 48
    mov ebx, offset fault
1:  cmp ecx, 16
    jne 2f
    mov ebx, offset clock_interrupt         # vector 32
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
    mov esi, offset interrupt_table
    mov ecx, 13
4:  movzx edx, byte ptr [esi]
    mov al, [esi + 1]
    out dx, al
    add esi, 2
    loop 4b
    ret

# Waits for the next interrupt of the clock. Interrupts are off everywhere else, so their handler need not preserve anything; it
# drops the frame instead of executing iret, which a KVM that emulates unpaged code cannot do.
wait:
    sti                                     # takes effect after hlt has begun
    hlt
clock_interrupt:
    add esp, 12
    inc dword ptr [jiffies]
    mov al, 0x20
    out 0x20, al
    ret
spurious:
    add esp, 12
    jmp wait

fault:
    mov esi, offset text_fault
    call puts
    call put_line
1:  cli
    hlt
    jmp 1b

# Finds out how many TSC cycles a microsecond has.
clock_start:
    call wait
    rdtsc
    mov ebx, eax
    call wait
    call wait
    rdtsc
    sub eax, ebx
    xor edx, edx
    mov ecx, 20000
    div ecx
    cmp eax, 1
    adc eax, 0                              # never zero
    mov [tsc_per_us], eax
    ret

# ---------------------------------------------------------------- data
    .balign 8
gdt:            .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdt_register:   .word . - gdt - 1
                .long gdt
idt_register:   .word 48 * 8 - 1
                .long idt

# port, value
serial_table:   .byte 1, 0, 3, 0x80, 0, 1, 1, 0, 3, 3, 2, 7, 4, 3
interrupt_table:
                .byte 0x20, 0x11, 0xa0, 0x11, 0x21, 32, 0xa1, 40, 0x21, 4, 0xa1, 2, 0x21, 1, 0xa1, 1, 0x21, 0xfe, 0xa1, 0xff
                .byte 0x43, 0x34, 0x40, (PIT_HZ / 100) & 255, 0x40, (PIT_HZ / 100) >> 8

    .balign 4
# name, padded to 8 bytes, and value
parameters:
                .ascii "base=\0\0\0"
base:           .long 16
                .ascii "size=\0\0\0"
size:           .long 16
                .ascii "zero=\0\0\0"
zero:           .long 20
                .ascii "rate=\0\0\0"
rate:           .long 16
                .ascii "verify=\0"
verify:         .long 128
                .ascii "tick=\0\0\0"
tick:           .long 50
                .ascii "walk=\0\0\0"
walk:           .long 64
                .ascii "step=\0\0\0"
step:           .long 1
                .ascii "high=\0\0\0"
high:           .long 0
parameters_end:

pages:          .long 0
generation:     .long 1
cursor:         .long 0
verify_cursor:  .long 0
writing:        .long 1
corrupt:        .long 0
ticks:          .long 0
jiffies:        .long 0
next_tick:      .long 0
tsc_per_us:     .long 1
walking:        .long 0
walked:         .long 0
walk_place:     .long 0
counted:        .long 0
first_bucket:   .long 0
walk_mask:      .long 0

text_ready:     .asciz "READY pages="
text_zero:      .asciz " zero="
text_tick:      .asciz "tick "
text_ok:        .asciz " ok"
text_bad:       .asciz " bad"
text_corrupt:   .asciz "CORRUPT page="
text_word:      .asciz " word="
text_is:        .asciz " is="
text_want:      .asciz " want="
text_fault:     .asciz "CORRUPT processor exception"
text_verify:    .asciz "VERIFY"
text_pages:     .asciz " pages="
text_writing:   .asciz "WRITING "
text_on:        .asciz "on"
text_off:       .asciz "off"
text_latency:   .asciz "LATENCY n="
text_p50:       .asciz " p50="
text_p99:       .asciz " p99="
text_waits:     .asciz ", waits="
text_max:       .asciz " max="
text_us:        .asciz " us"
digits:         .ascii "0123456789abcdef"

    .balign 8
idt:            .skip 48 * 8
                .skip 4096
                .balign 16
stack_top:
end:
    .section .note.GNU-stack, "", @progbits
