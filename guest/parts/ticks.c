#include "ticks.h"
#include "faults.h"
#include "line.h"
#include "region.h"

static u32 base = 16, size = 16, zero = 20, rate = 16, verify = 128, step = 1, tick = 50;

static const struct parameter parameters[] = {
    { "base", &base }, { "size", &size }, { "zero", &zero }, { "rate", &rate }, { "verify", &verify }, { "step", &step }, { "tick", &tick },
};

static struct region region;
static u32 ticks;
static int writing = 1;

static void put_counts(const struct checks *checks)
{
    if (checks)
        checks->describe();
    put_character('\n');
}

static void start(const char *line, unsigned long memory, const struct checks *checks)
{
    if (line)
        read_parameters(line, parameters, sizeof parameters / sizeof *parameters);
    if (line && checks)
        read_parameters(line, checks->parameters, checks->parameter_count);
    if (checks)
        checks->start();
    region.start = memory + ((unsigned long)base << 20);
    region.pages = size << 8;
    region.zero = zero;
    region.step = step ? step : 1;
    u32 zeros = region_fill(&region);
    put_text("READY pages=");
    put_decimal(region.pages);
    put_text(" zero=");
    put_decimal(zeros);
    put_counts(checks);
}

static void one_tick(const struct checks *checks)
{
    if (writing) {
        region_write(&region, rate);
        if (checks)
            checks->write();
    }
    region_verify(&region, verify);
    if (checks)
        checks->verify();
    put_text("tick ");
    put_decimal(++ticks);
    put_text(faults ? " bad\n" : " ok\n");
}

static void verify_all(const struct checks *checks)
{
    u32 before = faults;
    region_verify(&region, region.pages);
    if (checks)
        checks->verify_all();
    put_text(faults == before ? "VERIFY ok pages=" : "VERIFY bad pages=");
    put_decimal(region.pages);
    put_counts(checks);
}

static void obey(const struct checks *checks)
{
    switch (typed_character()) {
    case 'v':
        verify_all(checks);
        break;
    case 'd':
        writing = !writing;
        put_text(writing ? "WRITING on\n" : "WRITING off\n");
        break;
    }
}

void ticks_run(const char *line, unsigned long memory, const struct checks *checks)
{
    start(line, memory, checks);
    for (u32 next = beats;;) {
        while ((int)(beats - next) < 0)
            wait_for_beat();
        next = beats + tick / 10;
        one_tick(checks);
        obey(checks);
    }
}
