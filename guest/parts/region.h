#pragma once
#include "machine.h"

/* The region of RAM that is written and verified all the time. Its pages hold what ticker.S puts in them: every word follows from the
   page's index and generation, so a stale page is as wrong as a broken one. */
struct region {
    unsigned long start;    /* address */
    u32 pages;
    u32 zero;               /* percent of the pages that stay zero */
    u32 step;               /* words from one that counts to the next */
    u32 generation;         /* pages below the cursor have the next one */
    u32 cursor;
    u32 verify_cursor;
    u32 faults;
};

/* Fills it; how many pages stay zero. */
u32 region_fill(struct region *region);

/* Writes so many pages anew, from the cursor on; pages that stay zero count too. */
void region_write(struct region *region, u32 count);

/* Verifies so many pages, round and round; complains of each that is not what it must be. */
void region_verify(struct region *region, u32 count);
