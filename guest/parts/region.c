#include "region.h"
#include "faults.h"
#include "line.h"

enum { WORDS = 1024, LAST = WORDS - 1 };

static int stays_zero(const struct region *region, u32 page)
{
    return (page * 2654435761u >> 8) % 100 < region->zero;
}

static u32 *words_of(const struct region *region, u32 page)
{
    return (u32 *)(region->start + ((unsigned long)page << 12));
}

static u32 first_value(u32 page, u32 generation)
{
    return page * 0x9e3779b1u + generation * 0x85ebca6bu + 1;
}

static u32 next_value(u32 value)
{
    return value * 1664525u + 1013904223u;
}

static void write_page(const struct region *region, u32 page, u32 generation)
{
    u32 *words = words_of(region, page);
    u32 value = first_value(page, generation);
    words[0] = generation;
    words[1] = page;
    for (u32 i = 2; i < LAST; i += region->step)
        words[i] = value = next_value(value);
    words[LAST] = next_value(value);                /* the last word always counts */
}

static void complain_of(struct region *region, u32 page, u32 word, u32 is, u32 want)
{
    if (!complain(&region->faults))
        return;
    put_text("CORRUPT page=");
    put_decimal(page);
    put_text(" word=");
    put_decimal(word);
    put_text(" is=");
    put_hexadecimal(is);
    put_text(" want=");
    put_hexadecimal(want);
    put_character('\n');
}

static void verify_page(struct region *region, u32 page)
{
    const u32 *words = words_of(region, page);
    u32 want[2] = { region->generation + (page < region->cursor), page };
    u32 value = first_value(page, want[0]);
    int zero = stays_zero(region, page);
    for (u32 i = 0; i < 2; i++) {
        if (words[i] != (zero ? 0 : want[i])) {
            complain_of(region, page, i, words[i], zero ? 0 : want[i]);
            return;
        }
    }
    for (u32 i = 2;; i = i + region->step < LAST ? i + region->step : LAST) {
        value = zero ? 0 : next_value(value);
        if (words[i] != value) {
            complain_of(region, page, i, words[i], value);
            return;
        }
        if (i == LAST)
            return;
    }
}

u32 region_fill(struct region *region)
{
    u32 zero = 0;
    region->generation = 1;
    for (u32 page = 0; page < region->pages; page++) {
        if (stays_zero(region, page))
            zero++;                                 /* RAM is zero when a machine begins */
        else
            write_page(region, page, region->generation);
    }
    return zero;
}

void region_write(struct region *region, u32 count)
{
    while (region->pages != 0 && count--) {
        if (!stays_zero(region, region->cursor))
            write_page(region, region->cursor, region->generation + 1);
        if (++region->cursor == region->pages) {
            region->generation++;
            region->cursor = 0;
        }
    }
}

void region_verify(struct region *region, u32 count)
{
    while (region->pages != 0 && count--) {
        verify_page(region, region->verify_cursor);
        if (++region->verify_cursor == region->pages)
            region->verify_cursor = 0;
    }
}
