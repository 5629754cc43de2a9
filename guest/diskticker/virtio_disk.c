#include "virtio_disk.h"
#include "ports.h"

enum {
    PCI_ADDRESS = 0xcf8, PCI_DATA = 0xcfc,
    TRANSITIONAL_DISK = 0x10011af4,

    DEVICE_FEATURES = 0, DRIVER_FEATURES = 4, QUEUE_FRAME = 8, QUEUE_SIZE = 12, QUEUE_SELECT = 14, QUEUE_NOTIFY = 16, STATUS = 18,
    CAPACITY = 20,

    ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4,
    FEATURE_READ_ONLY = 1 << 5, FEATURE_FLUSH = 1 << 9,

    READ = 0, WRITE = 1, FLUSH = 4,
    NEXT = 1, DEVICE_WRITES = 2,

    QUEUE_BYTES = 32768, QUEUE_SIZE_LIMIT = 1024, POLLS = 50000,
};

struct descriptor {
    u64 address;
    u32 length;
    u16 flags;
    u16 next;
};

struct request {
    u32 type;
    u32 reserved;
    u64 sector;
};

static u8 queues[DISKS][QUEUE_BYTES] __attribute__((aligned(4096)));
static struct request request;
static volatile u8 status;

static u32 pci_read(u32 slot, u32 function, u32 offset)
{
    out32(PCI_ADDRESS, 1u << 31 | slot << 11 | function << 8 | offset);
    return in32(PCI_DATA);
}

static void pci_write(u32 slot, u32 function, u32 offset, u32 value)
{
    out32(PCI_ADDRESS, 1u << 31 | slot << 11 | function << 8 | offset);
    out32(PCI_DATA, value);
}

/* Whether the disk can be used. The firmware has placed its registers and has perhaps used it already. */
static int disk_start(struct disk *disk, u32 slot, u32 function)
{
    u32 place = pci_read(slot, function, 0x10);
    if (!(place & 1))
        return 0;
    pci_write(slot, function, 4, (pci_read(slot, function, 4) & 0xffff) | 5);      /* ports, bus mastering */
    disk->port = (u16)(place & 0xfffc);
    out8(disk->port + STATUS, 0);
    out8(disk->port + STATUS, ACKNOWLEDGE);
    out8(disk->port + STATUS, ACKNOWLEDGE | DRIVER);
    u32 features = in32(disk->port + DEVICE_FEATURES);
    disk->read_only = (features & FEATURE_READ_ONLY) != 0;
    disk->flushes = (features & FEATURE_FLUSH) != 0;
    out32(disk->port + DRIVER_FEATURES, features & (FEATURE_READ_ONLY | FEATURE_FLUSH));
    out16(disk->port + QUEUE_SELECT, 0);
    disk->queue_size = in16(disk->port + QUEUE_SIZE);
    if (disk->queue_size == 0 || disk->queue_size > QUEUE_SIZE_LIMIT)
        return 0;
    out32(disk->port + QUEUE_FRAME, (u32)disk->queue >> 12);
    out8(disk->port + STATUS, ACKNOWLEDGE | DRIVER | DRIVER_OK);
    disk->sectors = in32(disk->port + CAPACITY) | (u64)in32(disk->port + CAPACITY + 4) << 32;
    return 1;
}

u32 disks_start(struct disk *disks)
{
    u32 count = 0;
    for (u32 slot = 0; slot < 32; slot++) {
        if (pci_read(slot, 0, 0) == 0xffffffff)
            continue;
        u32 functions = pci_read(slot, 0, 0x0c) >> 16 & 0x80 ? 8 : 1;
        for (u32 function = 0; function < functions && count < DISKS; function++) {
            disks[count].queue = queues[count];
            if (pci_read(slot, function, 0) == TRANSITIONAL_DISK && disk_start(&disks[count], slot, function))
                count++;
        }
    }
    return count;
}

/* The queue as the legacy interface lays it out: descriptors, what is offered, and from the next page on what is used. */
static u8 transfer(struct disk *disk, u32 type, u64 sector, const void *data, u16 data_flags)
{
    struct descriptor *descriptors = (struct descriptor *)disk->queue;
    volatile u16 *offered = (volatile u16 *)(disk->queue + disk->queue_size * sizeof(struct descriptor));
    u32 used_at = (disk->queue_size * sizeof(struct descriptor) + 6 + 2u * disk->queue_size + 4095) & ~4095u;
    volatile u16 *used = (volatile u16 *)(disk->queue + used_at);

    request.type = type;
    request.reserved = 0;
    request.sector = sector;
    status = 255;
    u16 last = data ? 2 : 1;
    descriptors[0] = (struct descriptor){ (u32)&request, sizeof request, NEXT, 1 };
    if (data)
        descriptors[1] = (struct descriptor){ (u32)data, SECTOR, (u16)(NEXT | data_flags), 2 };
    descriptors[last] = (struct descriptor){ (u32)&status, 1, DEVICE_WRITES, 0 };
    offered[2 + disk->requests % disk->queue_size] = 0;
    __asm__ volatile("" : : : "memory");
    offered[1] = ++disk->requests;
    __asm__ volatile("" : : : "memory");
    out16(disk->port + QUEUE_NOTIFY, 0);

    /* A slow answer leaves the processor to who is to give it. */
    for (u32 polls = 0; used[1] != disk->requests; polls++)
        if (polls >= POLLS)
            wait_for_beat();
    __asm__ volatile("" : : : "memory");
    return status;
}

u8 disk_read(struct disk *disk, u64 sector, void *data)
{
    return transfer(disk, READ, sector, data, DEVICE_WRITES);
}

u8 disk_write(struct disk *disk, u64 sector, const void *data)
{
    return transfer(disk, WRITE, sector, data, 0);
}

u8 disk_flush(struct disk *disk)
{
    return disk->flushes ? transfer(disk, FLUSH, 0, 0, 0) : 0;
}
