# A firmware image of 64 KiB that does nothing but change memory, for streams small enough to be committed.
#
# It fills the 16 pages from 0x20000 on with text and then counts for ever: in each of the first
# eight pages at one place, in the ninth at many, in the tenth everywhere. So a live migration of it has pages that are sent once,
# pages that change by a few bytes, and pages that change beyond what a difference can express.
#
#   as --32 -o golden.o golden.S && ld -m elf_i386 -Ttext 0 --oformat binary -o golden.bin golden.o
        .code16
        .text
        .globl  _start
_start:
main:   cli
        xorw    %ax, %ax
        movw    $0x2000, %dx
fill:   movw    %dx, %es                # 16 pages of text: "page NN of the guest ", the number of the page in it
        xorw    %di, %di
text:   movw    $message, %si
copy:   movb    %cs:(%si), %al
        testb   %al, %al
        jz      text
        cmpb    $'#', %al
        jne     store
        movb    %dh, %al
        andb    $0x0f, %al
        addb    $'a', %al
store:  movb    %al, %es:(%di)
        incw    %si
        incw    %di
        cmpw    $0x1000, %di
        jb      copy
        addw    $0x100, %dx
        cmpw    $0x3000, %dx
        jb      fill

count:  movw    $0x2000, %dx            # eight pages: one counter each, at another place in each
        xorw    %bx, %bx
few:    movw    %dx, %es
        incl    %es:(%bx)
        addw    $0x1fb, %bx
        addw    $0x100, %dx
        cmpw    $0x2800, %dx
        jb      few
        movw    %dx, %es                # the ninth: a byte in every sixteen
        xorw    %bx, %bx
many:   incb    %es:(%bx)
        addw    $16, %bx
        cmpw    $0x1000, %bx
        jb      many
        addw    $0x100, %dx             # the tenth: every other byte
        movw    %dx, %es
        xorw    %bx, %bx
all:    incb    %es:(%bx)
        addw    $2, %bx
        cmpw    $0x1000, %bx
        jb      all
        jmp     count
message:
        .asciz  "page # of the guest, "

        .org    0xfff0                  # where the processor begins
reset:  ljmp    $0xf000, $main
        .org    0xffff
        .byte   0
