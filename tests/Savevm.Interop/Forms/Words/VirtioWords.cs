using System.Globalization;
using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Forms.Words;

/// <summary>What QEMU says of its virtio devices and of each of their queues.</summary>
internal static class VirtioWords
{
    private const int Multicast = 1;
    private const int MacBytes = 6;

    private static readonly Dictionary<string, (ulong Bit, string Name)> Statuses = new()
    {
        ["VIRTIO_CONFIG_S_ACKNOWLEDGE"] = (1, "ACKNOWLEDGE"),
        ["VIRTIO_CONFIG_S_DRIVER"] = (2, "DRIVER"),
        ["VIRTIO_CONFIG_S_DRIVER_OK"] = (4, "DRIVER_OK"),
        ["VIRTIO_CONFIG_S_FEATURES_OK"] = (8, "FEATURES_OK"),
        ["VIRTIO_CONFIG_S_NEEDS_RESET"] = (0x40, "NEEDS_RESET"),
        ["VIRTIO_CONFIG_S_FAILED"] = (0x80, "FAILED"),
    };

    public static async Task CompareAsync(LabGuest guest, DecodedState state, Comparison comparison)
    {
        foreach (JsonNode? listed in (await guest.Monitor.ExecuteAsync("x-query-virtio"))!.AsArray())
        {
            string path = (string)listed!["path"]!;
            int address = (int)(await guest.PropertyAsync(path[..path.LastIndexOf('/')], "addr"))!;
            DecodedField device = state.Function(string.Create(CultureInfo.InvariantCulture, $"0000:00:{address >> 3:x2}.{address & 7}"))!;
            JsonNode status = (await guest.Monitor.ExecuteAsync("x-query-virtio-status", new JsonObject { ["path"] = path }))!;
            comparison.Begin("x-query-virtio-status");
            CompareStatus(status, device, comparison);
            comparison.Begin("x-query-virtio-queue-status");
            for (int index = 0; index < (int)status["num-vqs"]!; index++)
            {
                var order = new JsonObject { ["path"] = path, ["queue"] = index };
                CompareQueue((await guest.Monitor.ExecuteAsync("x-query-virtio-queue-status", order))!, device, index, comparison);
            }
        }
    }

    /// <summary>What <c>query-rx-filter</c> says of the only network device.</summary>
    public static async Task CompareFilterAsync(LabGuest guest, DecodedState state, Comparison comparison)
    {
        comparison.Begin("query-rx-filter");
        JsonNode filter = Assert.Single((await guest.Monitor.ExecuteAsync("query-rx-filter"))!.AsArray())!;
        DecodedField net = state.Devices.Single(device => device.Name.EndsWith("/virtio-net", StringComparison.Ordinal))["virtio", "device"];
        comparison.Same("main-mac", (string)filter["main-mac"]!, Mac([.. Enumerable.Range(0, MacBytes).Select(i => (byte)net["mac"].Number(i))]));
        comparison.Same("promiscuous", (bool)filter["promiscuous"]! ? 1UL : 0, net.Number("promisc"));

        // QEMU calls "allowed" what it keeps as "not wanted".
        comparison.Same("broadcast-allowed", (bool)filter["broadcast-allowed"]! ? 1UL : 0, net.Number("nobcast"));
        comparison.Same("multicast-overflow", (bool)filter["multicast-overflow"]! ? 1UL : 0, net.Number("mac_table.multi_overflow"));
        comparison.Same("unicast-overflow", (bool)filter["unicast-overflow"]! ? 1UL : 0, net.Number("mac_table.uni_overflow"));
        comparison.Same("unicast", (string)filter["unicast"]!, Receives(net.Number("nouni"), net.Number("alluni")));
        comparison.Same("multicast", (string)filter["multicast"]!, Receives(net.Number("nomulti"), net.Number("allmulti")));
        string[] macs = [.. net["mac_table.macs"].Bytes().Chunk(MacBytes).Select(Mac)];
        foreach ((string table, int kind) in new[] { ("unicast-table", 0), ("multicast-table", Multicast) })
        {
            comparison.Same(
                table, string.Join(' ', filter[table]!.AsArray().Select(mac => (string)mac!).Order(StringComparer.Ordinal)),
                string.Join(' ', macs.Where(mac => (Convert.ToInt32(mac[..2], 16) & Multicast) == kind).Order(StringComparer.Ordinal)));
        }

        // A guest that has not agreed to filter by VLAN gets all, and QEMU then names each.
        byte[] vlans = net["vlans"].Bytes();
        comparison.Same(
            "vlan-table", string.Join(' ', filter["vlan-table"]!.AsArray().Select(vlan => (int)vlan!).Order()), string.Join(' ', Vlans(vlans)));
    }

    private static void CompareStatus(JsonNode status, DecodedField device, Comparison comparison)
    {
        string name = device.Name;
        DecodedField virtio = device["virtio"];
        string[] statuses = [.. Names(status["status"]!["statuses"])];
        ulong bits = statuses.Aggregate(0UL, (all, one) => all | Statuses[one].Bit) | ((ulong?)status["status"]!["unknown-statuses"] ?? 0);
        comparison.Same($"{name} status", bits, virtio.Number("status"));
        comparison.Same(
            $"{name} statuses", $"0x{bits:x2} {string.Join(' ', statuses.Select(one => Statuses[one]).OrderBy(one => one.Bit).Select(one => one.Name))}",
            device.Shown("virtio/status"));
        JsonNode features = status["guest-features"]!;
        string[] transports = [.. Names(features["transports"])];
        ulong mask = transports.Concat(Names(features["dev-features"])).Aggregate(
            (ulong?)features["unknown-dev-features"] ?? 0, (all, one) => all | VirtioFeatures.Bit(one));
        DecodedField negotiated = virtio.Find("virtio/64bit_features") ?? virtio;
        comparison.Same($"{name} guest-features", mask, negotiated.Number("guest_features"));
        string shown = device.Shown("virtio/features");
        comparison.Same($"{name} features", $"0x{mask:x}", shown.Split(' ')[0]);
        foreach (string transport in transports)
        {
            string word = VirtioFeatures.ShortName(transport)!;
            comparison.Same($"{name} {transport}", word, shown.Split(' ').Contains(word) ? word : string.Empty);
        }

        comparison.Same($"{name} isr", (ulong)status["isr"]!, virtio.Number("isr"));
        comparison.Same($"{name} queue-sel", (ulong)status["queue-sel"]!, virtio.Number("queue_sel"));
        comparison.Same($"{name} num-vqs", (ulong)status["num-vqs"]!, virtio.Number("queues"));
        comparison.Same($"{name} device-id", (ulong)status["device-id"]!, Kind(virtio["pci_dev", "config"]));
        foreach (string flag in new[] { "started", "disabled", "broken" })
        {
            // Each is a subsection that is there when it says yes.
            comparison.Same($"{name} {flag}", (bool)status[flag]! ? 1UL : 0, virtio.Find($"virtio/{flag}")?.Number(flag) ?? 0);
        }
    }

    private static void CompareQueue(JsonNode queue, DecodedField device, int index, Comparison comparison)
    {
        string label = string.Create(CultureInfo.InvariantCulture, $"vq[{index}]");
        string name = $"{device.Name} {label}";
        DecodedField ours = device["virtio", "vq", label];
        DecodedField rings = device["virtio", "virtio/virtqueues", "vq", label];
        comparison.Same($"{name} num", (ulong)queue["vring-num"]!, ours.Number("vring.num"));
        comparison.Same($"{name} desc", (ulong)queue["vring-desc"]!, ours.Number("vring.desc"));
        comparison.Same($"{name} avail", (ulong)queue["vring-avail"]!, rings.Number("vring.avail"));
        comparison.Same($"{name} used", (ulong)queue["vring-used"]!, rings.Number("vring.used"));
        comparison.Same($"{name} last-avail-idx", (ulong)queue["last-avail-idx"]!, ours.Number("last_avail_idx"));
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{(int)queue["vring-num"]!} entries, desc 0x{(ulong)queue["vring-desc"]!:x}, avail 0x{(ulong)queue["vring-avail"]!:x}, used 0x{(ulong)queue["vring-used"]!:x}, last_avail_idx {(int)queue["last-avail-idx"]!}");
        string shown = device.Shown($"virtio/{label}");
        comparison.Same($"{name} shown", text, shown.Length > text.Length ? shown[..text.Length] : shown);
    }

    /// <summary>The kind of device, by its PCI id; older ids say it in the subsystem's.</summary>
    private static ulong Kind(DecodedField config) => config.Number("device_id") is >= 0x1040 and var modern
        ? modern - 0x1040 : config.Number("subsystem_id");

    private static IEnumerable<string> Names(JsonNode? words) => (words as JsonArray ?? []).Select(word => ((string)word!).Split(':')[0]);

    private static string Receives(ulong none, ulong all) => none != 0 ? "none" : all != 0 ? "all" : "normal";

    private static string Mac(byte[] mac) => string.Join(':', mac.Select(part => part.ToString("x2", CultureInfo.InvariantCulture)));

    /// <summary>The numbers whose bits are set, of words of 32 in the order of the machine.</summary>
    private static IEnumerable<int> Vlans(byte[] bits)
    {
        for (int vlan = 0; vlan < bits.Length * 8; vlan++)
        {
            int word = vlan / 32 * sizeof(uint);
            int inWord = vlan % 32;
            if ((bits[word + 3 - (inWord / 8)] >> (inWord % 8) & 1) != 0)
            {
                yield return vlan;
            }
        }
    }
}
