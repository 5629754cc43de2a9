#include "device_tree.h"
#include "../parts/machine.h"

enum { MAGIC = 0xd00dfeed, BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, NOTHING = 4, STRUCTURE_AT = 2, STRINGS_AT = 3 };

static u32 big_endian(const u32 *word)
{
    return __builtin_bswap32(*word);
}

static int is(const char *text, const char *name)
{
    while (*text && *text == *name) {
        text++;
        name++;
    }
    return *text == *name;
}

/* The property has this name in one node only, so its node does not matter. */
const char *command_line(const void *tree)
{
    const u32 *head = tree;
    if (!tree || big_endian(head) != MAGIC)
        return 0;
    const char *strings = (const char *)tree + big_endian(head + STRINGS_AT);
    const u32 *token = (const u32 *)((const char *)tree + big_endian(head + STRUCTURE_AT));
    for (;;) {
        switch (big_endian(token++)) {
        case BEGIN_NODE: {
            const char *name = (const char *)token;
            u32 length = 0;
            while (name[length])
                length++;
            token += length / 4 + 1;
            break;
        }
        case PROPERTY:
            if (is(strings + big_endian(token + 1), "bootargs"))
                return (const char *)(token + 2);
            token += 2 + (big_endian(token) + 3) / 4;
            break;
        case END_NODE:
        case NOTHING:
            break;
        default:
            return 0;
        }
    }
}
