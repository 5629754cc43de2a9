/* Takes one connection on a unix socket and copies what comes into a file: the least that a receiver of a migration stream can do.
 *
 *   socket-to-file SOCKET [FILE]     without FILE the bytes are thrown away
 *
 * Prints "listening", and at the end of the stream "copied BYTES".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PIECE = 1 << 20 };

static void fail(const char *what)
{
    fprintf(stderr, "socket-to-file: %s: %s\n", what, strerror(errno));
    exit(1);
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (argc < 2 || argc > 3 || strlen(argv[1]) >= sizeof address.sun_path) {
        fprintf(stderr, "usage: socket-to-file SOCKET [FILE]\n");
        return 2;
    }
    strcpy(address.sun_path, argv[1]);

    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1))
        fail(argv[1]);
    int file = argc == 3 ? open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    if (argc == 3 && file < 0)
        fail(argv[2]);
    puts("listening");
    fflush(stdout);

    int stream = accept(listener, NULL, NULL);
    if (stream < 0)
        fail("accept");
    char *piece = aligned_alloc(4096, PIECE);
    if (!piece)
        fail("memory");
    unsigned long long copied = 0;
    ssize_t count;
    while ((count = read(stream, piece, PIECE)) > 0) {
        for (ssize_t done = 0; file >= 0 && done < count;) {
            ssize_t written = write(file, piece + done, (size_t)(count - done));
            if (written < 0)
                fail(argv[2]);
            done += written;
        }
        copied += (unsigned long long)count;
    }
    if (count < 0)
        fail("read");
    printf("copied %llu\n", copied);
    return 0;
}
