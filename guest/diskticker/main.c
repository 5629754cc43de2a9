/* diskticker: a guest that checks its disks against its memory, and itself, while it is captured, migrated and resumed.

   A 32-bit image of a few KiB without paging. QEMU boots it with `-kernel diskticker.bin` (multiboot with load addresses, so the file is a
   flat binary) on pc and q35, under TCG and KVM, with one to four virtio-blk-pci devices on the first bus. Each tick it writes sectors
   of every disk and pages of RAM, and reads others back. RAM keeps the number of the last write of each sector, so a disk that is
   older or newer than RAM is found, as is a RAM that is older or newer than a disk. It prints on COM1

       READY pages=4096 zero=819 disks=2 sectors=128
       tick 1 ok
       tick 2 ok                           ... the number grows by exactly one, `bad` instead of `ok` after a mismatch
       CORRUPT page=5 word=1023 is=.. want=..
       DISK disk=0 sector=5 is=17 want=19                  a whole sector of another time
       DISK disk=0 sector=5 word=77 is=.. want=..          a damaged one, or one of another place
       DISK disk=0 sector=5 read status=1                  a request failed; also `write`, `flush`
       DISK found=1 want=2                                 not as many disks as `disks` says

   A disk that is read-only must stay as it was at the beginning.

   Parameters, on the command line (-append 'size=16 rate=50'), all decimal. As ticker has them:
       base, size, zero, rate, verify, step, tick
   and for the disks
       disks   how many there must be             0: as many as there are
       first   first sector of the region         0
       sectors sectors in the region              64      (at most 16384, and as many as the disk has)
       write   sectors written per tick           4
       read    sectors verified per tick          8

   Letters typed on COM1:
       v   verify everything now: `VERIFY ok pages=4096 disks=2 sectors=128`, or `VERIFY bad ...`
       d   stop or start writing, to RAM and to disks: `WRITING off`, `WRITING on` */

#include "../parts/faults.h"
#include "../parts/line.h"
#include "../parts/ticks.h"
#include "ledger.h"
#include "ports.h"

enum { COM1 = 0x3f8, LINE_STATUS = COM1 + 5, HOLDS_CHARACTER = 1, TAKES_CHARACTER = 0x20 };

static u32 disks_wanted, first, sectors = 64, writes = 4, reads = 8;

static const struct parameter parameters[] = {
    { "disks", &disks_wanted }, { "first", &first }, { "sectors", &sectors }, { "write", &writes }, { "read", &reads },
};

static struct disk disks[DISKS];
static struct ledger ledgers[DISKS];
static u32 disk_count, sector_count;

void put_character(char character)
{
    while (!(in8(LINE_STATUS) & TAKES_CHARACTER)) { }
    out8(COM1, (u8)character);
}

int typed_character(void)
{
    return in8(LINE_STATUS) & HOLDS_CHARACTER ? in8(COM1) : -1;
}

void processor_exception(void)
{
    put_text("CORRUPT processor exception\n");
}

static void start(void)
{
    disk_count = disks_start(disks);
    if (disks_wanted != 0 && disks_wanted != disk_count) {
        faults++;
        put_text("DISK found=");
        put_decimal(disk_count);
        put_text(" want=");
        put_decimal(disks_wanted);
        put_character('\n');
    }
    for (u32 i = 0; i < disk_count; i++) {
        u64 there = disks[i].sectors > first ? disks[i].sectors - first : 0;
        u32 limit = there < LEDGER_SECTORS ? (u32)there : LEDGER_SECTORS;
        ledgers[i].disk = &disks[i];
        ledgers[i].number = i;
        ledgers[i].first = first;
        ledgers[i].sectors = sectors < limit ? sectors : limit;
        sector_count += ledgers[i].sectors;
        ledger_start(&ledgers[i]);
    }
}

static void write(void)
{
    for (u32 i = 0; i < disk_count; i++)
        ledger_write(&ledgers[i], writes);
}

static void verify(void)
{
    for (u32 i = 0; i < disk_count; i++)
        ledger_verify(&ledgers[i], reads);
}

static void verify_all(void)
{
    for (u32 i = 0; i < disk_count; i++)
        ledger_verify(&ledgers[i], ledgers[i].sectors);
}

static void describe(void)
{
    put_text(" disks=");
    put_decimal(disk_count);
    put_text(" sectors=");
    put_decimal(sector_count);
}

static const struct checks checks = { parameters, sizeof parameters / sizeof *parameters, start, write, verify, verify_all, describe };

/* Comes from the assembly with the command line, or nothing where there is none. */
void run(const char *line)
{
    ticks_run(line, 0, &checks);
}
