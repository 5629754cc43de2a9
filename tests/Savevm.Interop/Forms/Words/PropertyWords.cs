using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Forms.Words;

/// <summary>Properties and answers of QEMU that say what the saved state says too.</summary>
internal static class PropertyWords
{
    private const int PageBytes = 4096;

    /// <summary>Compares what every machine has, and the word of <c>query-status</c> from before the guest was saved.</summary>
    public static async Task CompareAsync(LabGuest guest, DecodedState state, string status, Comparison comparison)
    {
        comparison.Begin("qom-get");
        comparison.Same("type", (string)(await guest.PropertyAsync("/machine", "type"))!, (string)state.Report["machine"]! + "-machine");
        await CompareTimeAsync(guest, state, comparison);
        await CompareApicIdsAsync(guest, state, comparison);
        DecodedField global = state.Device("globalstate");
        string run = Encoding.ASCII.GetString(global["runstate"].Bytes()).Split('\0')[0];
        comparison.Same("query-status", status, run);
        comparison.Begin("info ramblock");
        await CompareBlocksAsync(guest, state, comparison);
    }

    /// <summary>The balloon has taken pages of a guest that has one.</summary>
    public static async Task CompareBalloonAsync(LabGuest guest, DecodedState state, Comparison comparison)
    {
        DecodedField balloon = state.Devices.Single(device => device.Name.EndsWith("/virtio-balloon", StringComparison.Ordinal));
        ulong memory = (ulong)(await guest.Monitor.ExecuteAsync("query-memory-size-summary"))!["base-memory"]!;
        ulong actual = (ulong)(await guest.Monitor.ExecuteAsync("query-balloon"))!["actual"]!;
        comparison.Begin("query-balloon");
        comparison.Same("actual", memory - actual, balloon.Number("virtio", "device", "actual") * PageBytes);
    }

    /// <summary>The addresses that a guest gave to its USB devices.</summary>
    public static async Task CompareUsbAsync(LabGuest guest, DecodedState state, Comparison comparison)
    {
        string printed = await guest.HumanAsync("info usb");
        comparison.Begin("info usb");
        foreach ((string product, string section) in new[] { ("QEMU USB Tablet", "/usb-ptr"), ("QEMU USB Keyboard", "/usb-kbd") })
        {
            Match match = Regex.Match(printed, $@"Device \d+\.(\d+), Port (\S+), .*Product {product}");
            DecodedField device = state.Devices.Single(device => device.Name.EndsWith(section, StringComparison.Ordinal));
            comparison.Same($"{product} address", ulong.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), device.Number("dev", "addr"));
            comparison.Same($"{product} port", match.Groups[2].Value, device.Name.Split('/')[^2]);
        }
    }

    /// <summary>The clock stands still with the guest, since it goes by the guest's time.</summary>
    private static async Task CompareTimeAsync(LabGuest guest, DecodedState state, Comparison comparison)
    {
        JsonNode time = (await guest.PropertyAsync("/machine", "rtc-time"))!;
        byte[] cmos = state.Device("mc146818rtc")["cmos_data"].Bytes();
        int year = 1900 + (int)time["tm_year"]!;
        foreach ((string name, int at, int theirs) in new[]
        {
            ("second", 0, (int)time["tm_sec"]!), ("minute", 2, (int)time["tm_min"]!), ("hour", 4, (int)time["tm_hour"]!),
            ("day", 7, (int)time["tm_mday"]!), ("month", 8, (int)time["tm_mon"]! + 1), ("year", 9, year % 100), ("century", 0x32, year / 100),
        })
        {
            // A guest that does not ask for binary gets each decimal digit in four bits.
            comparison.Same($"rtc-time {name}", theirs.ToString("00", CultureInfo.InvariantCulture), cmos[at].ToString("x2", CultureInfo.InvariantCulture));
        }
    }

    private static async Task CompareApicIdsAsync(LabGuest guest, DecodedState state, Comparison comparison)
    {
        foreach (JsonNode? cpu in (await guest.Monitor.ExecuteAsync("query-cpus-fast"))!.AsArray())
        {
            int index = (int)cpu!["cpu-index"]!;
            ulong id = (ulong)(await guest.PropertyAsync((string)cpu["qom-path"]! + "/lapic", "id"))!;
            comparison.Same(string.Create(CultureInfo.InvariantCulture, $"apic id of {index}"), id, state.Device("apic", index).Number("id"));
        }
    }

    private static async Task CompareBlocksAsync(LabGuest guest, DecodedState state, Comparison comparison)
    {
        string printed = await guest.HumanAsync("info ramblock");
        foreach (JsonNode? block in state.Report["ram_blocks"]!.AsArray())
        {
            string name = (string)block!["name"]!;
            Match used = Regex.Match(printed, $@"^ *{Regex.Escape(name)} +\S+ [KMG]iB +0x[0-9a-f]+ 0x([0-9a-f]+)", RegexOptions.Multiline);
            comparison.Same(name, used.Success ? Convert.ToUInt64(used.Groups[1].Value, 16) : 0, (ulong)block["bytes"]!);
        }
    }
}
