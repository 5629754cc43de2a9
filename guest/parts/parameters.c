#include "parameters.h"

/* What follows `name=` where the line begins with it, else nothing. */
static const char *value_of(const char *line, const char *name)
{
    while (*name)
        if (*line++ != *name++)
            return 0;
    return *line == '=' ? line + 1 : 0;
}

void read_parameters(const char *line, const struct parameter *known, int count)
{
    while (*line) {
        for (int i = 0; i < count; i++) {
            const char *digit = value_of(line, known[i].name);
            if (!digit)
                continue;
            u32 value = 0;
            while (*digit >= '0' && *digit <= '9')
                value = value * 10 + (u32)(*digit++ - '0');
            *known[i].value = value;
            break;
        }
        while (*line && *line != ' ')
            line++;
        while (*line == ' ')
            line++;
    }
}
