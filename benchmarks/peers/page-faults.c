/*
 * What a program in C does with missing pages, for comparison: one thread touches a page after the other, another reads the faults from a
 * userfaultfd and places a page for each. The touching thread is the same for every handler.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { page_bytes = 4096 };

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* Touches these pages in this order and notes how long each touch took, in nanoseconds. */
void touch_pages(const volatile uint8_t *memory, const int64_t *order, int64_t count, int64_t *nanoseconds)
{
    for (int64_t i = 0; i < count; i++) {
        int64_t begun = now();
        (void)memory[order[i] * page_bytes];
        nanoseconds[i] = now() - begun;
    }
}

struct handler {
    int faults;
    int stop;
    const uint8_t *page;
};

static void *serve(void *argument)
{
    struct handler *handler = argument;
    struct pollfd waits[2] = {{.fd = handler->faults, .events = POLLIN}, {.fd = handler->stop, .events = POLLIN}};
    for (;;) {
        struct uffd_msg message;
        while (read(handler->faults, &message, sizeof message) == (ssize_t)sizeof message) {
            struct uffdio_copy copy = {
                .dst = message.arg.pagefault.address & ~(uint64_t)(page_bytes - 1), .src = (uintptr_t)handler->page, .len = page_bytes};
            if (message.event != UFFD_EVENT_PAGEFAULT || ioctl(handler->faults, UFFDIO_COPY, &copy) != 0) {
                return NULL;
            }
        }
        if (poll(waits, 2, -1) < 0 || (waits[1].revents & (POLLIN | POLLHUP)) != 0) {
            return NULL;
        }
    }
}

/* Serves that many faults; the time in nanoseconds, or a negative number. Each page is touched in the given order. */
int64_t serve_faults(const int64_t *order, int64_t count, int64_t *nanoseconds)
{
    static uint8_t page[page_bytes] __attribute__((aligned(4096)));
    memset(page, 7, sizeof page);
    int faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
    struct uffdio_api api = {.api = UFFD_API};
    int stop[2];
    if (faults < 0 || ioctl(faults, UFFDIO_API, &api) != 0 || pipe2(stop, O_CLOEXEC) != 0) {
        return -1;
    }
    size_t length = (size_t)count * page_bytes;
    uint8_t *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || madvise(memory, length, MADV_NOHUGEPAGE) != 0) {
        return -2;
    }
    struct uffdio_register range = {.range = {(uintptr_t)memory, length}, .mode = UFFDIO_REGISTER_MODE_MISSING};
    struct handler handler = {faults, stop[0], page};
    pthread_t thread;
    if (ioctl(faults, UFFDIO_REGISTER, &range) != 0 || pthread_create(&thread, NULL, serve, &handler) != 0) {
        return -3;
    }
    int64_t begun = now();
    touch_pages(memory, order, count, nanoseconds);
    int64_t elapsed = now() - begun;
    close(stop[1]);
    pthread_join(thread, NULL);
    close(stop[0]);
    close(faults);
    munmap(memory, length);
    return elapsed;
}
