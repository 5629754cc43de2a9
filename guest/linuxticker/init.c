/* init: the first and only program of a Linux guest that checks itself while it is captured and resumed, as ticker.S does without a kernel.
 *
 * It loads the modules that lie in the initial RAM disk, fills a region of memory, writes and verifies it on every processor, does the same
 * with its disks, uses whatever other devices there are, and prints on the first serial port
 *
 *     READY pages=4096 processors=2 disks=1 nets=1 ...
 *     tick 1 ok
 *     tick 2 ok                           ... the number grows by exactly one, `bad` instead of `ok` after a mismatch
 *     CORRUPT page=5 word=1 is=.. want=..
 *     DISK vda slot=3 sequence is=7 want=8
 *
 * Parameters, on the kernel's command line:
 *     ticker.size    MiB of the region                             16
 *     ticker.rate    pages written anew per tick                   64
 *     ticker.verify  pages verified per tick                       512
 *     ticker.tick    milliseconds per tick                         50
 *     ticker.disks   disks to wait for before the first tick       0
 *
 * Letters typed on the second serial port, or on the first where there is no second:
 *     v   verify all memory and disks now: `VERIFY ok pages=4096`, or `VERIFY bad pages=4096`
 *     d   stop or start writing to memory: `WRITING off`, `WRITING on`
 *     w   stop or start writing to the disks: `STORING off`, `STORING on`; they are read all the time
 *     g   `GAP n ms`: the largest gap between two ticks by CLOCK_MONOTONIC since the last g
 *     t   `TIME realtime=.. monotonic=.. boottime=.. rtc=.. tsc=.. alarm=.. source=..`: milliseconds, of rtc and alarm seconds
 *     s   set the clock from the RTC, then as t
 *     a   let the RTC ring in four seconds, then as t; alarm=0 when it has rung
 *     i   `INPUT n`: events of keyboards and pointers so far
 *     n   `ANSWERS n`: answers of the network so far
 *     k   `FORKS n`: times that the kernel was told that this machine is a copy of another
 */

#include "kernel.h"
#include "region.h"
#include "disks.h"
#include "devices.h"
#include "clocks.h"

static char kernel_line[2048];

static u64 parameter(const char *name, u64 value)
{
    for (const char *word = kernel_line; *word; word++) {
        if ((word == kernel_line || word[-1] == ' ') && starts_with(word, name) && word[length_of(name)] == '=') {
            value = 0;
            for (word += length_of(name) + 1; *word >= '0' && *word <= '9'; word++) value = value * 10 + (u64)(*word - '0');
            break;
        }
    }
    return value;
}

static int open_port(const char *path)
{
    struct termios raw;
    memset(&raw, 0, sizeof raw);
    raw.control = 0x8bd;        /* 9600, 8 bits, receiver on, no modem lines */
    int port = open_file(path, O_RDWR | O_NONBLOCK | 0400);
    if (port >= 0) CALL(SYS_ioctl, port, TCSETS, &raw);
    return port;
}

/* The words NAME.x=y of the kernel's command line are for the module NAME, which gets them without its name. */
static void put_options(struct line *options, const char *name, u64 length)
{
    for (const char *word = kernel_line; *word; word++) {
        if (word != kernel_line && word[-1] != ' ') continue;
        u64 same = 0;
        while (same < length && word[same] == name[same]) same++;
        if (same < length || word[same] != '.') continue;
        for (const char *at = word + same + 1; *at && *at != ' '; at++) {
            char letter[2] = { *at, 0 };
            put(options, letter);
        }
        put(options, " ");
    }
}

/* Modules in the order of the file that lies beside them. */
static void load_modules(void)
{
    static char order[4096];
    if (read_text("/modules/order", order, sizeof order) <= 0) return;
    for (char *name = order, *end; *name; name = end) {
        for (end = name; *end && *end != '\n'; end++) { }
        if (*end) *end++ = 0;
        struct line path = { 0 };
        put(put(&path, "/modules/"), name);
        int file = open_file(path.text, O_RDONLY);
        struct line options = { 0 };
        put_options(&options, name, length_of(name) - 3);
        long failed = CALL(SYS_finit_module, file, options.text, 0);
        if (failed) {
            struct line line = { 0 };
            put_number(put(put(put(&line, "CORRUPT module "), name), " is not loaded, error "), (u64)-failed);
            say(&line);
        }
        CALL(SYS_close, file, 0, 0);
    }
}

static u64 count_processors(void)
{
    char online[32];
    if (read_text("/sys/devices/system/cpu/online", online, sizeof online) < 3) return 1;
    u64 count = 1 + (u64)(online[2] - '0');
    return count > SLICES ? SLICES : count;
}

static void verify_everything(void)
{
    u32 before = shared->corrupt;
    struct line line = { 0 };
    u64 pages = verify_all();
    for (int i = 0; i < disk_count; i++) verify_disk(&disks[i]);
    put(&line, shared->corrupt == before ? "VERIFY ok pages=" : "VERIFY bad pages=");
    say(put_number(&line, pages));
}

static void obey(int keys)
{
    char letter;
    struct line line = { 0 };
    if (CALL(SYS_read, keys, &letter, 1) != 1) return;
    switch (letter) {
    case 'v': verify_everything(); break;
    case 'd': shared->quiet = !shared->quiet; say(put(&line, shared->quiet ? "WRITING off" : "WRITING on")); break;
    case 'w': shared->disks_quiet = !shared->disks_quiet; say(put(&line, shared->disks_quiet ? "STORING off" : "STORING on")); break;
    case 'g': say_gap(); break;
    case 's': set_clock(); say_time(); break;
    case 'a': set_alarm(); say_time(); break;
    case 't': say_time(); break;
    case 'i': say(put_number(put(&line, "INPUT "), input_events)); break;
    case 'n': say(put_number(put(&line, "ANSWERS "), count_answers())); break;
    case 'k': say(put_number(put(&line, "FORKS "), count_forks())); break;
    default: break;
    }
}

static void prepare(void)
{
    static const char *const mounts[] = { "proc", "/proc", "sysfs", "/sys", "devtmpfs", "/dev" };
    for (int i = 0; i < 6; i += 2) {
        CALL(SYS_mkdir, mounts[i + 1], 0755, 0);
        CALL6(SYS_mount, mounts[i], mounts[i + 1], mounts[i], 0, 0, 0);
    }
    out = (int)CALL(SYS_open, "/dev/ttyS0", O_WRONLY | 0400, 0);
    int port = open_port("/dev/ttyS0");
    CALL(SYS_close, port, 0, 0);
    read_text("/proc/cmdline", kernel_line, sizeof kernel_line);
    shared = (struct shared *)call6(SYS_mmap, 0, sizeof *shared, PROT_READ_WRITE, MAP_SHARED_ANONYMOUS, -1, 0);
}

void run(void)
{
    prepare();
    load_modules();
    int keys = open_port("/dev/ttyS1");
    char byte;
    if (keys < 0 || CALL(SYS_read, keys, &byte, 1) == -5) keys = open_port("/dev/ttyS0");
    u64 processors = count_processors();
    u64 rate = parameter("ticker.rate", 64) / processors, verify = parameter("ticker.verify", 512) / processors;
    long length = (long)parameter("ticker.tick", 50) * 1000000;
    struct line line = { 0 };
    if (!start_disks((int)parameter("ticker.disks", 0))) {
        say(put(&line, "CORRUPT a disk did not come"));
        line.length = 0;
    }
    start_devices();
    u64 pages = parameter("ticker.size", 16) * 256 / processors * processors;
    fill_region(pages, processors);
    put_number(put(put_number(put(&line, "READY pages="), pages), " processors="), processors);
    say(put_devices(&line));

    for (u64 i = 1; i < processors; i++) start_worker(i, rate, verify);
    bind_to_processor(0);
    long due = now(CLOCK_MONOTONIC);
    for (u32 tick = 1;; tick++) {
        announce(&shared->go, tick);
        if (!shared->quiet) write_some(&shared->slices[0], rate);
        verify_some(&shared->slices[0], verify);
        disks_tick((int)shared->disks_quiet);
        devices_tick(tick);
        for (u64 i = 1; i < processors; i++) wait_while(&shared->done[i], tick - 1);
        line.length = 0;
        put(put_number(put(&line, "tick "), tick), shared->corrupt ? " bad" : " ok");
        say(&line);
        note_tick();
        obey(keys);

        /* A tick that came late is not made up for. */
        due += length;
        if (due < now(CLOCK_MONOTONIC)) due = now(CLOCK_MONOTONIC);
        sleep_until(due);
    }
}

__asm__(".globl _start\n_start:\n    and $-16, %rsp\n    call run\n");
