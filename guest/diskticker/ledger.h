#pragma once
#include "virtio_disk.h"

/* What the sectors of a disk must hold. RAM keeps the number of the last write of each; a disk that is older or newer than RAM, a sector at
   another's place and a damaged one are all found. Of a disk that cannot be written RAM keeps what its sectors were when the guest began. */

enum { LEDGER_SECTORS = 16384 };

struct ledger {
    struct disk *disk;
    u32 number;                     /* of the disk */
    u32 first;                      /* sector */
    u32 sectors;
    u32 write_cursor;
    u32 verify_cursor;
    u32 faults;
    u32 last[LEDGER_SECTORS];       /* the number of the last write, or the sum of what was read */
};

/* Gives every sector its first content. */
void ledger_start(struct ledger *ledger);

/* Writes so many sectors, round and round, each after it was verified once more: a write hides nothing. Then the device must write its
   cache. */
void ledger_write(struct ledger *ledger, u32 count);

/* Reads so many sectors back, round and round; complains of each that is not what RAM says. */
void ledger_verify(struct ledger *ledger, u32 count);
