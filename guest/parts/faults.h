#pragma once
#include "machine.h"

/* Counts a mismatch, also in the count of what it was found in; whether it is to be printed: the first ones of each are enough to know what
   is wrong. */
int complain(u32 *own);

/* All mismatches until now. A tick is `ok` while there are none. */
extern u32 faults;
