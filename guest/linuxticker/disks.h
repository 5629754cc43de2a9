/* The disks. A writable one holds blocks whose sequence numbers must be those that memory remembers: a disk of another instant is found.
   Of one that is read only, memory remembers what it read first. */

enum { DISKS = 8, SLOTS = 64, WRITES = 2, READS = 4 };

struct disk {
    int file, writable;
    u64 stride, next, verify, sequence;
    char name[16];
    u64 remembered[SLOTS];      /* sequence number, or sum */
};

static struct disk disks[DISKS];
static int disk_count;
static u64 block[WORDS] __attribute__((aligned(PAGE)));

static void complain_of_slot(const struct disk *disk, u64 slot, const char *what, u64 is, u64 want)
{
    if (!complain()) return;
    struct line line = { 0 };
    put_number(put(put(put(&line, "DISK "), disk->name), " slot="), slot);
    put_number(put(put_number(put(put(put(&line, " "), what), " is="), is), " want="), want);
    say(&line);
}

static u64 first_word(const struct disk *disk, u64 slot, u64 sequence)
{
    return (sequence << 8 | slot) * 0x9e3779b97f4a7c15u + (u64)disk->name[2];
}

static void write_slot(struct disk *disk)
{
    u64 slot = disk->next, sequence = ++disk->sequence;
    block[0] = sequence;
    u64 word = first_word(disk, slot, sequence);
    for (int i = 1; i < WORDS; i++) block[i] = word = next_word(word);
    disk->remembered[slot] = sequence;
    disk->next = (slot + 1) % SLOTS;
    long written = CALL6(SYS_pwrite, disk->file, block, PAGE, slot * disk->stride, 0, 0);
    if (written != PAGE) complain_of_slot(disk, slot, "not written", (u64)-written, 0);
}

static u64 read_slot(const struct disk *disk, u64 slot)
{
    long length = CALL6(SYS_pread, disk->file, block, PAGE, slot * disk->stride, 0, 0);
    if (length != PAGE) complain_of_slot(disk, slot, "not read", (u64)-length, 0);
    u64 sum = 1;
    for (int i = 0; i < WORDS; i++) sum = next_word(sum ^ block[i]);
    return sum;
}

static void verify_slot(const struct disk *disk, u64 slot)
{
    u64 sum = read_slot(disk, slot), want = disk->remembered[slot];
    if (!disk->writable) {
        if (sum != want) complain_of_slot(disk, slot, "sum", sum, want);
        return;
    }
    if (block[0] != want) {
        complain_of_slot(disk, slot, "sequence", block[0], want);
        return;
    }
    u64 word = first_word(disk, slot, want);
    for (int i = 1; i < WORDS; i++) {
        word = next_word(word);
        if (block[i] != word) {
            complain_of_slot(disk, slot, "broken word", block[i], word);
            return;
        }
    }
}

static void verify_disk(const struct disk *disk)
{
    for (u64 slot = 0; slot < SLOTS; slot++) verify_slot(disk, slot);
}

/* A part of each disk: some blocks anew, then the one written last and some of the others. */
static void disks_tick(int quiet)
{
    for (int i = 0; i < disk_count; i++) {
        struct disk *disk = &disks[i];
        if (disk->writable && !quiet) {
            for (int n = 0; n < WRITES; n++) write_slot(disk);
            CALL(SYS_fdatasync, disk->file, 0, 0);
            verify_slot(disk, (disk->next + SLOTS - 1) % SLOTS);
        }
        for (int n = 0; n < READS; n++) {
            verify_slot(disk, disk->verify);
            disk->verify = (disk->verify + 1) % SLOTS;
        }
    }
}

static void open_disk(const char *name)
{
    struct disk *disk = &disks[disk_count];
    struct line path = { 0 };
    put(put(&path, "/dev/"), name);
    if (disk_count == DISKS || length_of(name) >= sizeof disk->name) return;
    disk->file = open_file(path.text, O_RDWR | O_DIRECT);
    int read_only = disk->file < 0;
    if (read_only) disk->file = open_file(path.text, O_RDONLY | O_DIRECT);
    if (disk->file < 0) return;
    CALL(SYS_ioctl, disk->file, BLKROGET, &read_only);
    long size = CALL(SYS_lseek, disk->file, 0, 2);
    if (size < SLOTS * PAGE) {
        CALL(SYS_close, disk->file, 0, 0);
        return;
    }
    memcpy(disk->name, name, length_of(name) + 1);
    disk->writable = !read_only;
    disk->stride = (u64)size / SLOTS / PAGE * PAGE;
    disk_count++;
}

static int is_open(const char *name)
{
    for (int i = 0; i < disk_count; i++) if (starts_with(disks[i].name, name) && starts_with(name, disks[i].name)) return 1;
    return 0;
}

static void find_disks(void)
{
    static u8 entries[4096];
    int folder = open_file("/sys/block", O_RDONLY);
    for (long length; (length = CALL(SYS_getdents64, folder, entries, sizeof entries)) > 0;) {
        for (long at = 0; at < length; at += ((struct dirent *)(entries + at))->length) {
            const char *name = ((struct dirent *)(entries + at))->name;
            int wanted = starts_with(name, "vd") || starts_with(name, "sd") || starts_with(name, "sr") || starts_with(name, "nvme");
            if (wanted && !is_open(name)) open_disk(name);
        }
    }
    CALL(SYS_close, folder, 0, 0);
}

/* Waits for so many disks, writes or reads all blocks once. Whether they came. */
static int start_disks(int count)
{
    for (int i = 0; i < 300; i++) {
        find_disks();
        if (disk_count >= count) break;
        sleep_until(now(CLOCK_MONOTONIC) + 100000000);
    }
    for (int i = 0; i < disk_count; i++) {
        for (u64 slot = 0; slot < SLOTS; slot++) {
            if (disks[i].writable) write_slot(&disks[i]);
            else disks[i].remembered[slot] = read_slot(&disks[i], slot);
        }
    }
    return disk_count >= count;
}
