#pragma once

/* What each machine has in its own way. Nothing here may fail: a guest without a serial port has nobody to tell. */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

/* Sends one character; waits while the port is full. */
void put_character(char character);

/* A character that was typed, or -1. */
int typed_character(void);

/* Sleeps until the clock's next beat, of which there are a hundred a second. */
void wait_for_beat(void);

/* Beats until now. */
extern volatile u32 beats;
