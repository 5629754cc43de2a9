#pragma once
#include "parameters.h"

/* What a machine checks beside its memory. */
struct checks {
    const struct parameter *parameters;
    int parameter_count;
    void (*start)(void);        /* once, before the first tick */
    void (*write)(void);        /* part of every tick that writes */
    void (*verify)(void);       /* part of every tick */
    void (*verify_all)(void);
    void (*describe)(void);     /* prints what there is, as ` disks=2`, into a line */
};

/* The guest from here on: reads the command line, if there is one, fills memory and ticks. `checks` may be nothing. Memory begins at
   `memory`, and the region `base` MiB above it. */
void ticks_run(const char *line, unsigned long memory, const struct checks *checks) __attribute__((noreturn));
