#include "line.h"

void put_text(const char *text)
{
    while (*text)
        put_character(*text++);
}

void put_decimal(u32 number)
{
    char digits[10];
    int count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count)
        put_character(digits[--count]);
}

void put_hexadecimal(u32 number)
{
    for (int shift = 28; shift >= 0; shift -= 4)
        put_character("0123456789abcdef"[number >> shift & 15]);
}
