#pragma once
#include "machine.h"

void put_text(const char *text);
void put_decimal(u32 number);
void put_hexadecimal(u32 number);
