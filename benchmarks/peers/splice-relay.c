/*
 * Stands between two unix sockets: takes one connection on the first, makes one to the second, and moves bytes both ways by splice through a
 * pipe, without looking at them: the least that a relay can do.
 *
 *   splice-relay LISTEN CONNECT
 *
 * Prints "listening". Ends when both directions have ended.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PIECE = 1 << 20 };

struct way {
    int from, to;
};

static void fail(const char *what)
{
    fprintf(stderr, "splice-relay: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct sockaddr_un name(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        fail(path);
    }
    strcpy(address.sun_path, path);
    return address;
}

static void *move(void *argument)
{
    struct way *way = argument;
    int ends[2];
    if (pipe(ends))
        fail("pipe");
    fcntl(ends[1], F_SETPIPE_SZ, PIECE);
    ssize_t count;
    while ((count = splice(way->from, NULL, ends[1], NULL, PIECE, SPLICE_F_MOVE | SPLICE_F_MORE)) > 0) {
        while (count > 0) {
            ssize_t moved = splice(ends[0], NULL, way->to, NULL, (size_t)count, SPLICE_F_MOVE | SPLICE_F_MORE);
            if (moved <= 0)
                return NULL;
            count -= moved;
        }
    }
    shutdown(way->to, SHUT_WR);
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: splice-relay LISTEN CONNECT\n");
        return 2;
    }
    struct sockaddr_un here = name(argv[1]), there = name(argv[2]);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), onward = socket(AF_UNIX, SOCK_STREAM, 0);
    if (listener < 0 || onward < 0 || bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 1))
        fail(argv[1]);
    puts("listening");
    fflush(stdout);
    int source = accept(listener, NULL, NULL);
    if (source < 0)
        fail("accept");
    if (connect(onward, (struct sockaddr *)&there, sizeof there))
        fail(argv[2]);
    struct way forward = { source, onward }, back = { onward, source };
    pthread_t thread;
    if (pthread_create(&thread, NULL, move, &back))
        fail("pthread_create");
    move(&forward);
    pthread_join(thread, NULL);
    return 0;
}
