#include "faults.h"

enum { COMPLAINTS = 20 };

u32 faults;

int complain(u32 *own)
{
    faults++;
    return ++*own <= COMPLAINTS;
}
