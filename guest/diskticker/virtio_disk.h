#pragma once
#include "../parts/machine.h"

/* Virtio block devices behind PCI's legacy interface: one request at a time, polled. */

enum { SECTOR = 512, DISKS = 4 };

struct disk {
    u16 port;               /* of its registers */
    u16 queue_size;
    u16 requests;           /* put into the queue until now */
    u8 read_only;
    u8 flushes;             /* whether it has a write cache */
    u64 sectors;
    u8 *queue;
};

/* Finds the disks on the first PCI bus, in the order of their slots, and makes them ready; how many there are. */
u32 disks_start(struct disk *disks);

/* Each returns the device's status: 0 is done. */
u8 disk_read(struct disk *disk, u64 sector, void *data);
u8 disk_write(struct disk *disk, u64 sector, const void *data);
u8 disk_flush(struct disk *disk);
