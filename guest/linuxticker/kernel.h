/* The kernel's side of the guest: system calls without a C library, and the few numbers and structures that they take. */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

enum {
    SYS_read = 0, SYS_write = 1, SYS_open = 2, SYS_close = 3, SYS_poll = 7, SYS_lseek = 8, SYS_mmap = 9, SYS_ioctl = 16, SYS_pread = 17,
    SYS_pwrite = 18, SYS_socket = 41, SYS_sendto = 44, SYS_recvfrom = 45, SYS_bind = 49, SYS_fork = 57, SYS_fdatasync = 75, SYS_mkdir = 83,
    SYS_mount = 165, SYS_reboot = 169, SYS_futex = 202, SYS_sched_setaffinity = 203, SYS_getdents64 = 217, SYS_clock_settime = 227, SYS_clock_gettime = 228,
    SYS_clock_nanosleep = 230, SYS_finit_module = 313
};

enum {
    O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_NONBLOCK = 04000, O_DIRECT = 040000,
    PROT_READ_WRITE = 3, MAP_SHARED_ANONYMOUS = 0x21,
    FUTEX_WAIT = 0, FUTEX_WAKE = 1,
    CLOCK_REALTIME = 0, CLOCK_MONOTONIC = 1, CLOCK_BOOTTIME = 7, TIMER_ABSTIME = 1,
    TCSETS = 0x5402, BLKROGET = 0x125e,
    AF_PACKET = 17, SOCK_RAW = 3, ETH_P_ARP = 0x0806, MSG_DONTWAIT = 0x40,
    SIOCGIFFLAGS = 0x8913, SIOCSIFFLAGS = 0x8914, SIOCGIFHWADDR = 0x8927, SIOCGIFINDEX = 0x8933, IFF_UP = 1
};

struct timespec { long seconds, nanoseconds; };
struct termios { u32 input, output, control, local; u8 line, characters[19]; };
struct dirent { u64 inode, offset; u16 length; u8 type; char name[]; };
struct pollfd { int descriptor; short events, found; };
struct input_event { long seconds, microseconds; u16 type, code; int value; };
struct sockaddr_ll { u16 family, protocol; int interface; u16 hardware; u8 packet, length, address[8]; };
struct ifreq { char name[16]; union { short flags; int index; struct { u16 family; u8 data[14]; } hardware; u8 size[24]; } as; };

static long call6(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
        : "rcx", "r11", "memory");
    return result;
}

#define CALL(number, a, b, c) call6(number, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define CALL6(number, a, b, c, d, e, f) call6(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* The compiler may call these for structures. */
void *memcpy(void *to, const void *from, u64 count)
{
    void *start = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
    return start;
}

void *memset(void *to, int value, u64 count)
{
    void *start = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(value) : "memory");
    return start;
}

static int open_file(const char *path, int flags) { return (int)CALL(SYS_open, path, flags, 0); }

static long now(int clock)
{
    struct timespec time = { 0, 0 };
    CALL(SYS_clock_gettime, clock, &time, 0);
    return time.seconds * 1000000000 + time.nanoseconds;
}

static void sleep_until(long nanoseconds)
{
    struct timespec time = { nanoseconds / 1000000000, nanoseconds % 1000000000 };
    call6(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, (long)&time, 0, 0, 0);
}

/* ---------------------------------------------------------------- texts */

static u64 length_of(const char *text)
{
    u64 length = 0;
    while (text[length]) length++;
    return length;
}

static int starts_with(const char *text, const char *beginning)
{
    while (*beginning) if (*text++ != *beginning++) return 0;
    return 1;
}

/* A line that is said in one piece, so that no other writer of the port comes between its parts. */
struct line { u32 length; char text[400]; };

static struct line *put(struct line *line, const char *text)
{
    while (*text && line->length < sizeof line->text - 1) line->text[line->length++] = *text++;
    return line;
}

static struct line *put_number(struct line *line, u64 value)
{
    char digits[24];
    int at = 23;
    digits[at] = 0;
    do digits[--at] = (char)('0' + value % 10); while (value /= 10);
    return put(line, digits + at);
}

static struct line *put_hex(struct line *line, u64 value)
{
    char digits[17];
    for (int i = 0; i < 16; i++) digits[i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
    digits[16] = 0;
    return put(line, digits);
}

/* Reads a small file, as those of /proc and /sys are; without its last newline. Returns the length, or -1. */
static long read_text(const char *path, char *text, u64 size)
{
    int file = open_file(path, O_RDONLY);
    if (file < 0) return -1;
    long length = CALL(SYS_read, file, text, size - 1);
    CALL(SYS_close, file, 0, 0);
    if (length < 0) return -1;
    while (length > 0 && text[length - 1] == '\n') length--;
    text[length] = 0;
    return length;
}

static int write_text(const char *path, const char *text)
{
    int file = open_file(path, O_WRONLY);
    if (file < 0) return 0;
    long written = CALL(SYS_write, file, text, length_of(text));
    CALL(SYS_close, file, 0, 0);
    return written > 0;
}
