/*
 * Memory under userfaultfd's write protection, written to in random order by one thread, while another copies each page to a file without a
 * name and lets the write through. Prints how long arming took and what the writes waited, in nanoseconds: arm p50 p99 max.
 *
 * Usage: write-protect PAGES TOUCHES FOLDER [awake]
 * With "awake" the thread that copies never sleeps: what a fault takes at least.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ul

static int faults, copies, awake;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000ull + time.tv_nsec;
}

static void *serve(void *unused)
{
    static char page[PAGE] __attribute__((aligned(4096)));
    off_t place = 0;
    for (;;) {
        struct pollfd poller = { .fd = faults, .events = POLLIN };
        if (!awake && poll(&poller, 1, -1) < 0) fail("poll");
        struct uffd_msg message;
        while (read(faults, &message, sizeof message) == sizeof message) {
            uint64_t address = message.arg.pagefault.address & ~(PAGE - 1);
            memcpy(page, (void *)address, PAGE);
            if (pwrite(copies, page, PAGE, place) != PAGE) fail("pwrite");
            place += PAGE;
            struct uffdio_writeprotect open = { .range = { address, PAGE }, .mode = 0 };
            if (ioctl(faults, UFFDIO_WRITEPROTECT, &open) != 0) fail("UFFDIO_WRITEPROTECT");
        }
    }
    return unused;
}

static int compare(const void *first, const void *second)
{
    uint64_t a = *(const uint64_t *)first, b = *(const uint64_t *)second;
    return (a > b) - (a < b);
}

int main(int count, char **words)
{
    if (count < 4) return 2;
    awake = count > 4;
    uint64_t pages = strtoull(words[1], NULL, 10), touches = strtoull(words[2], NULL, 10);
    char *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) fail("mmap");
    memset(memory, 1, pages * PAGE);
    faults = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
    if (faults < 0) fail("userfaultfd");
    struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP };
    if (ioctl(faults, UFFDIO_API, &api) != 0) fail("UFFDIO_API");
    struct uffdio_register range = { .range = { (uintptr_t)memory, pages * PAGE }, .mode = UFFDIO_REGISTER_MODE_WP };
    if (ioctl(faults, UFFDIO_REGISTER, &range) != 0) fail("UFFDIO_REGISTER");
    char path[4096];
    snprintf(path, sizeof path, "%s/write-protect-copies-%d", words[3], (int)getpid());
    copies = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (copies < 0) fail(path);
    unlink(path);
    uint64_t begun = now();
    struct uffdio_writeprotect protect = { .range = { (uintptr_t)memory, pages * PAGE }, .mode = UFFDIO_WRITEPROTECT_MODE_WP };
    if (ioctl(faults, UFFDIO_WRITEPROTECT, &protect) != 0) fail("UFFDIO_WRITEPROTECT");
    uint64_t armed = now() - begun;
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, NULL) != 0) fail("pthread_create");
    uint64_t *waits = malloc(touches * sizeof *waits);
    for (uint64_t touch = 0; touch < touches; touch++) {
        /* An odd step meets every page of a power of two once. */
        uint64_t page = (touch * 40503u + 7) % pages;
        uint64_t before = now();
        *(volatile char *)(memory + page * PAGE) = 2;
        waits[touch] = now() - before;
    }
    qsort(waits, touches, sizeof *waits, compare);
    printf("%llu %llu %llu %llu\n", (unsigned long long)armed, (unsigned long long)waits[touches / 2],
           (unsigned long long)waits[touches * 99 / 100], (unsigned long long)waits[touches - 1]);
    return 0;
}
