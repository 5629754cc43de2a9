/* aarch64: a guest that checks itself, for the machine `virt` of qemu-system-aarch64 (`-cpu cortex-a57 -kernel aarch64.bin`).

   It says and does on the PL011 port what diskticker does without disks: see there and ticker.S. Parameters (-append): base (from the
   beginning of RAM on), size, zero, rate, verify, step, tick. Letters: v, d. */

#include "../parts/line.h"
#include "../parts/ticks.h"
#include "device_tree.h"

enum {
    MEMORY = 0x40000000,
    UART = 0x09000000, UART_DATA = 0, UART_FLAGS = 0x18, UART_LINE = 0x2c, UART_CONTROL = 0x30,
    UART_EMPTY = 1 << 4, UART_FULL = 1 << 5, UART_8N1_QUEUES = 0x70, UART_ON = 0x301,
    DISTRIBUTOR = 0x08000000, DISTRIBUTOR_CONTROL = 0, DISTRIBUTOR_ENABLE = 0x100,
    INTERFACE = 0x08010000, INTERFACE_CONTROL = 0, INTERFACE_PRIORITIES = 4,
    TIMER_INTERRUPT = 27, TIMER_ON = 1, TIMER_DUE = 4,
};

volatile u32 beats;
static u64 beat_length, next_beat;

static volatile u32 *device(unsigned long base, unsigned long offset)
{
    return (volatile u32 *)(base + offset);
}

void put_character(char character)
{
    while (*device(UART, UART_FLAGS) & UART_FULL) { }
    *device(UART, UART_DATA) = (u8)character;
}

int typed_character(void)
{
    return *device(UART, UART_FLAGS) & UART_EMPTY ? -1 : (int)(*device(UART, UART_DATA) & 255);
}

void processor_exception(void)
{
    put_text("CORRUPT processor exception\n");
}

static u64 now(void)
{
    u64 counter;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(counter) : : "memory");
    return counter;
}

/* The timer's interrupt wakes the processor, which has interrupts masked: nothing is ever interrupted. */
void wait_for_beat(void)
{
    next_beat += beat_length;
    if (next_beat < now())
        next_beat = now();                          /* beats that were missed are not made up for */
    __asm__ volatile("msr cntv_cval_el0, %0\n\tmsr cntv_ctl_el0, %1\n\tisb" : : "r"(next_beat), "r"((u64)TIMER_ON));
    u64 control;
    do
        __asm__ volatile("wfi\n\tmrs %0, cntv_ctl_el0" : "=r"(control) : : "memory");
    while (!(control & TIMER_DUE));
    beats++;
}

static void clock_start(void)
{
    *device(DISTRIBUTOR, DISTRIBUTOR_ENABLE) = 1u << TIMER_INTERRUPT;
    *device(DISTRIBUTOR, DISTRIBUTOR_CONTROL) = 1;
    *device(INTERFACE, INTERFACE_PRIORITIES) = 255;
    *device(INTERFACE, INTERFACE_CONTROL) = 1;
    u64 frequency;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
    beat_length = frequency / 100;
    next_beat = now();
}

/* Comes from the assembly with the device tree. */
void run(const void *tree)
{
    *device(UART, UART_LINE) = UART_8N1_QUEUES;
    *device(UART, UART_CONTROL) = UART_ON;
    clock_start();
    ticks_run(command_line(tree), MEMORY, 0);
}
