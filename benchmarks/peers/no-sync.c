/* Preloaded into a program, makes syncing free of charge: what is left is the time of its own work. */
#include <sys/types.h>

int fsync(int file)
{
    (void)file;
    return 0;
}

int fdatasync(int file)
{
    (void)file;
    return 0;
}

int syncfs(int file)
{
    (void)file;
    return 0;
}

int sync_file_range(int file, off_t offset, off_t count, unsigned int flags)
{
    (void)file, (void)offset, (void)count, (void)flags;
    return 0;
}

void sync(void)
{
}
