using System.Globalization;
using System.Text.Json.Nodes;

namespace Savevm.Interop.Lab;

/// <summary>Many devices for one Linux guest: what is put into the machine, what the guest loads for it, what it must find.</summary>
internal sealed record MachineDevices
{
    /// <summary>The family of the machine.</summary>
    public required string Family { get; init; }

    public required IReadOnlyList<string> Modules { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>How the guest's first line ends when it has found everything.</summary>
    public required string Found { get; init; }

    /// <summary>Disks among them.</summary>
    public required int Disks { get; init; }

    /// <summary>Where a pointer's movement arrives.</summary>
    public bool HasPointer { get; init; }

    /// <summary>Whether the guest's kernel is told when it is a copy.</summary>
    public bool HasGeneration { get; init; }

    public bool HasBalloon { get; init; }

    public bool HasPort { get; init; }

    /// <summary>What an i440fx has: virtio devices, an ISA watchdog, a generation id.</summary>
    public static MachineDevices Pc(string readOnlyDisk) => new()
    {
        Family = "pc",
        Modules = ["virtio_pci", "virtio_blk", "virtio_net", "virtio_console", "virtio_balloon", "virtio_rng", "bochs", "ib700wdt", "evdev"],
        Arguments =
        [
            // The ROMs of two distributions' packages differ in size.
            "-netdev", "user,id=net0,restrict=on", "-device", "virtio-net-pci,netdev=net0,romfile=",
            "-drive", $"if=none,id=ro,file={readOnlyDisk},format=raw,read-only=on", "-device", "virtio-blk-pci,drive=ro",
            "-device", "virtio-serial-pci", "-chardev", "ringbuf,id=port,size=65536", "-device", "virtserialport,chardev=port,name=lab",
            "-device", "virtio-balloon-pci,id=balloon", "-device", "virtio-rng-pci", "-vga", "std",
            "-device", "pvpanic", "-device", "ib700", "-device", "vmgenid,guid=auto", "-action", "watchdog=pause",
        ],
        Found = " nets=1 inputs=1 ports=1 rng=1 watchdog=1",
        Disks = 1,
        HasGeneration = true,
        HasBalloon = true,
        HasPort = true,
    };

    /// <summary>What a q35 has: PCI Express, SCSI, SATA, USB, sound, another NIC, display and watchdog.</summary>
    public static MachineDevices Q35(string readOnlyDisk) => new()
    {
        Family = "q35",
        Modules =
        [
            "virtio_pci", "virtio_blk", "virtio_scsi", "sd_mod", "sr_mod", "ahci", "e1000", "evdev", "xhci_pci", "usbhid", "hid_generic",
            "snd_hda_codec_generic", "snd_hda_intel", "virtio_gpu", "i6300esb", "pvpanic_pci",
        ],
        Arguments =
        [
            "-netdev", "user,id=net0,restrict=on", "-device", "e1000,netdev=net0,romfile=",
            "-device", "virtio-scsi-pci", "-drive", $"if=none,id=scsi,file={readOnlyDisk},format=raw,read-only=on", "-device", "scsi-hd,drive=scsi",
            "-drive", $"if=none,id=sata,file={readOnlyDisk},format=raw,read-only=on", "-device", "ide-cd,drive=sata,bus=ide.2",
            "-device", "qemu-xhci", "-device", "usb-tablet", "-device", "usb-kbd",
            "-audiodev", "none,id=quiet", "-device", "intel-hda", "-device", "hda-duplex,audiodev=quiet",
            "-device", "virtio-vga", "-device", "i6300esb", "-device", "pvpanic-pci", "-action", "watchdog=pause",
        ],
        Found = " nets=1 inputs=3 ports=0 rng=0 watchdog=1",
        Disks = 2,
        HasPointer = true,
    };

    /// <summary>Each device does something more.</summary>
    public async Task AssertAliveAsync(LabGuest guest)
    {
        int answers = Number(await guest.AskAsync('n', "ANSWERS"));
        if (HasPointer)
        {
            await AssertPointerAsync(guest);
        }

        if (HasPort)
        {
            string text = (string)(await guest.Monitor.ExecuteAsync(
                "ringbuf-read", new JsonObject { ["device"] = "port", ["size"] = 65536, ["format"] = "utf8" }))!;
            Assert.Contains("tick ", text, StringComparison.Ordinal);
        }

        if (HasBalloon)
        {
            await AssertBalloonAsync(guest);
        }

        Assert.StartsWith("ok", await guest.AskAsync('v', "VERIFY"), StringComparison.Ordinal);
        Assert.True(Number(await guest.AskAsync('n', "ANSWERS")) > answers, $"the network is silent: {guest.Log.Text}");
    }

    private static async Task AssertPointerAsync(LabGuest guest)
    {
        int events = Number(await guest.AskAsync('i', "INPUT"));
        await guest.Monitor.ExecuteAsync("input-send-event", JsonNode.Parse(
            """{"events":[{"type":"abs","data":{"axis":"x","value":12345}},{"type":"key","data":{"down":true,"key":{"type":"qcode","data":"a"}}}]}""")!.AsObject());
        await guest.MoreTicksAsync(3);
        Assert.True(Number(await guest.AskAsync('i', "INPUT")) > events, $"no pointer or key arrived: {guest.Log.Text}");
    }

    private static async Task AssertBalloonAsync(LabGuest guest)
    {
        long before = await ActualAsync();
        await guest.Monitor.ExecuteAsync("balloon", new JsonObject { ["value"] = before - (8 << 20) });
        for (DateTime end = DateTime.UtcNow + TimeSpan.FromSeconds(20); await ActualAsync() != before - (8 << 20); await Task.Delay(20))
        {
            Assert.True(DateTime.UtcNow < end, $"the balloon did not grow from {before}");
        }

        async Task<long> ActualAsync() => (long)(await guest.Monitor.ExecuteAsync("query-balloon"))!["actual"]!;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
