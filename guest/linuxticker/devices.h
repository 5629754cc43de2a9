/* Devices that only have to go on working: a bit of each at every tick. One that is broken stops the ticks, or is complained of. */

enum { NETS = 4, INPUTS = 8, PORTS = 4, SILENCE = 100 };

struct net { int socket; struct sockaddr_ll address; u8 hardware[6]; u64 answers, silent; };

static struct net nets[NETS];
static int net_count, input_count, port_count, inputs[INPUTS], ports[PORTS], entropy = -1, watchdog = -1;
static u64 input_events;

static int numbered(const char *before, u64 number, const char *after, int flags)
{
    struct line path = { 0 };
    put(put_number(put(&path, before), number), after);
    return open_file(path.text, flags);
}

/* ---------------------------------------------------------------- network: who has 10.0.2.2? */

static void open_net(u64 number)
{
    struct net *net = &nets[net_count];
    struct ifreq request;
    memset(&request, 0, sizeof request);
    struct line name = { 0 };
    put_number(put(&name, "eth"), number);
    memcpy(request.name, name.text, name.length);
    int protocol = ETH_P_ARP >> 8 | (ETH_P_ARP & 255) << 8;
    net->socket = (int)CALL(SYS_socket, AF_PACKET, SOCK_RAW, protocol);
    if (net->socket < 0 || CALL(SYS_ioctl, net->socket, SIOCGIFHWADDR, &request) < 0) {
        if (net->socket >= 0) CALL(SYS_close, net->socket, 0, 0);
        return;
    }
    memcpy(net->hardware, request.as.hardware.data, 6);
    CALL(SYS_ioctl, net->socket, SIOCGIFINDEX, &request);
    net->address.family = AF_PACKET;
    net->address.protocol = (u16)protocol;
    net->address.interface = request.as.index;
    CALL(SYS_ioctl, net->socket, SIOCGIFFLAGS, &request);
    request.as.flags |= IFF_UP;
    CALL(SYS_ioctl, net->socket, SIOCSIFFLAGS, &request);
    CALL(SYS_bind, net->socket, &net->address, sizeof net->address);
    net_count++;
}

static void net_tick(struct net *net)
{
    static const u8 arp[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 }, own[] = { 10, 0, 2, 15 }, gateway[] = { 10, 0, 2, 2 };
    u8 frame[64];
    long length;
    net->silent++;
    while ((length = CALL6(SYS_recvfrom, net->socket, frame, sizeof frame, MSG_DONTWAIT, 0, 0)) > 0) {
        if (length >= 42 && frame[21] == 2 && frame[31] == gateway[3]) {
            net->answers++;
            net->silent = 0;
        }
    }
    if (net->silent == SILENCE && complain()) {
        struct line line = { 0 };
        put_number(put(&line, "CORRUPT network is silent, answers="), net->answers);
        say(&line);
    }
    memset(frame, 0xff, 6);
    memcpy(frame + 6, net->hardware, 6);
    memcpy(frame + 12, arp, 10);
    memcpy(frame + 22, net->hardware, 6);
    memcpy(frame + 28, own, 4);
    memset(frame + 32, 0, 6);
    memcpy(frame + 38, gateway, 4);
    memset(frame + 42, 0, 18);
    CALL6(SYS_sendto, net->socket, frame, 60, MSG_DONTWAIT, 0, 0);
}

static u64 count_answers(void)
{
    u64 answers = 0;
    for (int i = 0; i < net_count; i++) answers += nets[i].answers;
    return answers;
}

/* ---------------------------------------------------------------- all of them */

static void start_devices(void)
{
    char name[32];
    for (u64 i = 0; i < NETS; i++) open_net(i);
    for (u64 i = 0; i < INPUTS; i++) {
        int file = numbered("/dev/input/event", i, "", O_RDONLY | O_NONBLOCK);
        if (file >= 0) inputs[input_count++] = file;
    }
    for (u64 i = 0; i < PORTS; i++) {
        int file = numbered("/dev/vport", i, "p1", O_WRONLY | O_NONBLOCK);
        if (file >= 0) ports[port_count++] = file;
    }
    if (read_text("/sys/class/misc/hw_random/rng_current", name, sizeof name) > 0 && starts_with(name, "virtio"))
        entropy = open_file("/dev/hwrng", O_RDONLY);
    watchdog = open_file("/dev/watchdog", O_WRONLY);
}

static void devices_tick(u64 tick)
{
    struct input_event events[16];
    u64 random;
    long length;
    for (int i = 0; i < net_count; i++) net_tick(&nets[i]);
    for (int i = 0; i < input_count; i++)
        while ((length = CALL(SYS_read, inputs[i], events, sizeof events)) > 0) input_events += (u64)length / sizeof *events;
    for (int i = 0; i < port_count; i++) {
        struct line line = { 0 };
        put(put_number(put(&line, "tick "), tick), "\n");
        CALL(SYS_write, ports[i], line.text, line.length);
    }
    if (entropy >= 0) CALL(SYS_read, entropy, &random, sizeof random);
    if (watchdog >= 0) CALL(SYS_write, watchdog, "", 1);
}

/* What was found, for the line that says that the guest is ready. */
static struct line *put_devices(struct line *line)
{
    put_number(put(put_number(put(line, " disks="), (u64)disk_count), " nets="), (u64)net_count);
    put_number(put(put_number(put(line, " inputs="), (u64)input_count), " ports="), (u64)port_count);
    return put_number(put(put_number(put(line, " rng="), entropy >= 0), " watchdog="), watchdog >= 0);
}
