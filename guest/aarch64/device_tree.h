#pragma once

/* The command line that a flattened device tree carries, or nothing. */
const char *command_line(const void *tree);
