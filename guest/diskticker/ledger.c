#include "ledger.h"
#include "../parts/faults.h"
#include "../parts/line.h"

enum { WORDS = SECTOR / 4, MAGIC = 0x4b534944 };

static u32 sequence;                /* one for all disks: two writes never have the same number */
static u32 buffer[WORDS] __attribute__((aligned(SECTOR)));

/* A record: magic, disk, sector, number of the write, and words that follow from all of them. */
static u32 head_word(const struct ledger *ledger, u32 sector, u32 number, u32 index)
{
    switch (index) {
    case 0: return MAGIC;
    case 1: return ledger->number;
    case 2: return sector;
    default: return number;
    }
}

static u32 first_value(const struct ledger *ledger, u32 sector, u32 number)
{
    return (ledger->number + 1) * 0xc2b2ae35u + sector * 0x9e3779b1u + number * 0x85ebca6bu;
}

static u32 next_value(u32 value)
{
    return value * 1664525u + 1013904223u;
}

/* The first word that is not as a write of this number left it; WORDS when all are. */
static u32 first_difference(const struct ledger *ledger, u32 sector, u32 number, u32 *want)
{
    u32 value = first_value(ledger, sector, number);
    for (u32 i = 0; i < WORDS; i++) {
        *want = i < 4 ? head_word(ledger, sector, number, i) : (value = next_value(value));
        if (buffer[i] != *want)
            return i;
    }
    return WORDS;
}

static u32 sum(void)
{
    u32 sum = 1;
    for (u32 i = 0; i < WORDS; i++)
        sum = (sum ^ buffer[i]) * 0x01000193u + i;
    return sum;
}

static void begin_complaint(const struct ledger *ledger, u32 sector)
{
    put_text("DISK disk=");
    put_decimal(ledger->number);
    put_text(" sector=");
    put_decimal(sector);
}

static void put_pair(u32 is, u32 want, void (*put)(u32))
{
    put_text(" is=");
    put(is);
    put_text(" want=");
    put(want);
    put_character('\n');
}

/* Complains of a request that failed. */
static int succeeded(struct ledger *ledger, const char *what, u32 sector, u8 status)
{
    if (status == 0)
        return 1;
    if (complain(&ledger->faults)) {
        begin_complaint(ledger, sector);
        put_text(what);
        put_decimal(status);
        put_character('\n');
    }
    return 0;
}

static void write_sector(struct ledger *ledger, u32 index)
{
    u32 sector = ledger->first + index;
    u32 number = ++sequence;
    u32 value = first_value(ledger, sector, number);
    for (u32 i = 0; i < WORDS; i++)
        buffer[i] = i < 4 ? head_word(ledger, sector, number, i) : (value = next_value(value));
    ledger->last[index] = number;
    succeeded(ledger, " write status=", sector, disk_write(ledger->disk, sector, buffer));
}

static void verify_sector(struct ledger *ledger, u32 index)
{
    u32 sector = ledger->first + index;
    u32 number = ledger->last[index];
    if (!succeeded(ledger, " read status=", sector, disk_read(ledger->disk, sector, buffer)))
        return;
    if (ledger->disk->read_only) {
        if (sum() != number && complain(&ledger->faults)) {
            begin_complaint(ledger, sector);
            put_pair(sum(), number, put_hexadecimal);
        }
        return;
    }
    u32 want;
    u32 word = first_difference(ledger, sector, number, &want);
    if (word == WORDS || !complain(&ledger->faults))
        return;
    u32 is = buffer[word];
    begin_complaint(ledger, sector);
    u32 other;
    if (word == 3 && first_difference(ledger, sector, buffer[3], &other) == WORDS) {
        put_pair(buffer[3], number, put_decimal);   /* whole, but of another time */
        return;
    }
    put_text(" word=");
    put_decimal(word);
    put_pair(is, want, put_hexadecimal);
}

void ledger_start(struct ledger *ledger)
{
    for (u32 i = 0; i < ledger->sectors; i++) {
        if (!ledger->disk->read_only)
            write_sector(ledger, i);
        else if (succeeded(ledger, " read status=", ledger->first + i, disk_read(ledger->disk, ledger->first + i, buffer)))
            ledger->last[i] = sum();
    }
    succeeded(ledger, " flush status=", 0, disk_flush(ledger->disk));
}

void ledger_write(struct ledger *ledger, u32 count)
{
    if (ledger->disk->read_only || ledger->sectors == 0 || count == 0)
        return;
    while (count--) {
        verify_sector(ledger, ledger->write_cursor);
        write_sector(ledger, ledger->write_cursor);
        if (++ledger->write_cursor == ledger->sectors)
            ledger->write_cursor = 0;
    }
    succeeded(ledger, " flush status=", 0, disk_flush(ledger->disk));
}

void ledger_verify(struct ledger *ledger, u32 count)
{
    while (ledger->sectors != 0 && count--) {
        verify_sector(ledger, ledger->verify_cursor);
        if (++ledger->verify_cursor == ledger->sectors)
            ledger->verify_cursor = 0;
    }
}
