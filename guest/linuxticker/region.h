/* The region of memory that is filled, written anew and verified: a slice for each processor. */

enum { PAGE = 4096, WORDS = PAGE / 8, SLICES = 8, COMPLAINTS = 20 };

/* Pages below the cursor have the next generation already. */
struct slice { u64 first, pages, cursor, generation, verify_cursor; };

/* What the processes share. Each round is one tick: the first process says go, the others do their part and say done. */
struct shared {
    u32 go, done[SLICES], quiet, disks_quiet, corrupt;
    struct slice slices[SLICES];
};

static struct shared *shared;
static u8 *region;
static int out;

static void say(struct line *line)
{
    put(line, "\n");
    CALL(SYS_write, out, line->text, line->length);
}

/* Counts a mismatch; whether it is still to be told. */
static int complain(void) { return __sync_add_and_fetch(&shared->corrupt, 1) <= COMPLAINTS; }

static u64 next_word(u64 word) { return word * 6364136223846793005u + 1442695040888963407u; }

static u64 generation_of(const struct slice *slice, u64 page) { return slice->generation + (page < slice->cursor); }

static void write_page(struct slice *slice, u64 page)
{
    u64 *words = (u64 *)(region + (slice->first + page) * PAGE);
    u64 generation = generation_of(slice, page) + 1;
    u64 word = (slice->first + page) * 0x9e3779b97f4a7c15u + generation;
    for (int i = 0; i < WORDS; i++) words[i] = word = next_word(word);
}

static void verify_page(const struct slice *slice, u64 page)
{
    const u64 *words = (const u64 *)(region + (slice->first + page) * PAGE);
    u64 word = (slice->first + page) * 0x9e3779b97f4a7c15u + generation_of(slice, page);
    for (int i = 0; i < WORDS; i++) {
        word = next_word(word);
        if (words[i] == word) continue;
        if (complain()) {
            struct line line = { 0 };
            put_number(put(put_number(put(&line, "CORRUPT page="), slice->first + page), " word="), (u64)i);
            put_hex(put(put_hex(put(&line, " is="), words[i]), " want="), word);
            say(&line);
        }
        return;
    }
}

static void write_some(struct slice *slice, u64 count)
{
    while (count--) {
        write_page(slice, slice->cursor);
        if (++slice->cursor == slice->pages) {
            slice->cursor = 0;
            slice->generation++;
        }
    }
}

static void verify_some(struct slice *slice, u64 count)
{
    while (count--) {
        verify_page(slice, slice->verify_cursor);
        if (++slice->verify_cursor == slice->pages) slice->verify_cursor = 0;
    }
}

static u64 verify_all(void)
{
    u64 pages = 0;
    for (int i = 0; i < SLICES; i++) {
        for (u64 page = 0; page < shared->slices[i].pages; page++) verify_page(&shared->slices[i], page);
        pages += shared->slices[i].pages;
    }
    return pages;
}

/* Shares the pages out and fills them. */
static void fill_region(u64 pages, u64 slices)
{
    region = (u8 *)call6(SYS_mmap, 0, (long)(pages * PAGE), PROT_READ_WRITE, MAP_SHARED_ANONYMOUS, -1, 0);
    u64 first = 0;
    for (u64 i = 0; i < slices; i++) {
        struct slice *slice = &shared->slices[i];
        slice->first = first;
        slice->pages = pages / slices;
        first += slice->pages;
        write_some(slice, slice->pages);
    }
}

static void wait_while(u32 *word, u32 value)
{
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value) call6(SYS_futex, (long)word, FUTEX_WAIT, value, 0, 0, 0);
}

static void announce(u32 *word, u32 value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
    call6(SYS_futex, (long)word, FUTEX_WAKE, SLICES, 0, 0, 0);
}

static void bind_to_processor(u64 number)
{
    u64 mask = 1ul << number;
    CALL(SYS_sched_setaffinity, 0, sizeof mask, &mask);
}

/* Starts a process that does its part of the region on a processor of its own, for ever. */
static void start_worker(u64 number, u64 rate, u64 verify)
{
    if (CALL(SYS_fork, 0, 0, 0) != 0) return;
    bind_to_processor(number);
    for (u32 round = 0;; round++) {
        wait_while(&shared->go, round);
        if (!shared->quiet) write_some(&shared->slices[number], rate);
        verify_some(&shared->slices[number], verify);
        announce(&shared->done[number], round + 1);
    }
}
