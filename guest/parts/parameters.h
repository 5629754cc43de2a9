#pragma once
#include "machine.h"

struct parameter {
    const char *name;
    u32 *value;
};

/* Fills in what the command line names, as `size=16`; other words are somebody else's. */
void read_parameters(const char *line, const struct parameter *known, int count);
