/* The clocks that a guest has, and how far its ticks were apart. */

static long last_tick, largest_gap;

static void note_tick(void)
{
    long time = now(CLOCK_MONOTONIC);
    if (last_tick && time - last_tick > largest_gap) largest_gap = time - last_tick;
    last_tick = time;
}

static void say_gap(void)
{
    struct line line = { 0 };
    say(put(put_number(put(&line, "GAP "), (u64)largest_gap / 1000000), " ms"));
    largest_gap = 0;
}

static u64 read_number(const char *path)
{
    char text[32];
    u64 value = 0;
    if (read_text(path, text, sizeof text) > 0) for (char *digit = text; *digit >= '0' && *digit <= '9'; digit++) value = value * 10 + (u64)(*digit - '0');
    return value;
}

static u64 rtc_seconds(void) { return read_number("/sys/class/rtc/rtc0/since_epoch"); }

static void say_time(void)
{
    char source[32];
    struct line line = { 0 };
    if (read_text("/sys/devices/system/clocksource/clocksource0/current_clocksource", source, sizeof source) < 0) source[0] = 0;
    put_number(put(&line, "TIME realtime="), (u64)now(CLOCK_REALTIME) / 1000000);
    put_number(put(&line, " monotonic="), (u64)now(CLOCK_MONOTONIC) / 1000000);
    put_number(put(&line, " boottime="), (u64)now(CLOCK_BOOTTIME) / 1000000);
    put_number(put(&line, " rtc="), rtc_seconds());
    put_number(put(&line, " tsc="), __builtin_ia32_rdtsc());
    put_number(put(&line, " alarm="), read_number("/sys/class/rtc/rtc0/wakealarm"));
    say(put(put(&line, " source="), source));
}

/* What `hwclock --hctosys` does. */
static void set_clock(void)
{
    struct timespec time = { (long)rtc_seconds(), 0 };
    CALL(SYS_clock_settime, CLOCK_REALTIME, &time, 0);
}

static void set_alarm(void)
{
    write_text("/sys/class/rtc/rtc0/wakealarm", "0");
    write_text("/sys/class/rtc/rtc0/wakealarm", "+4");
}

/* The kernel's log says so when the virtual machine's generation has changed. */
static u64 count_forks(void)
{
    static char record[2048];
    u64 forks = 0;
    long length;
    int log = open_file("/dev/kmsg", O_RDONLY | O_NONBLOCK);
    while ((length = CALL(SYS_read, log, record, sizeof record - 1)) > 0) {
        record[length] = 0;
        for (char *at = record; *at; at++) forks += (u64)starts_with(at, "virtual machine fork");
    }
    CALL(SYS_close, log, 0, 0);
    return forks;
}
