using System.Globalization;
using System.Text.RegularExpressions;

namespace Savevm.Qemu.Destination;

/// <summary>
/// What QEMU says when it does not take a state, and what it means. The first row that matches explains; those that name a cause stand before
/// those that only name a place. The wordings are those of 7.2, 10.0 and 11.x.
/// </summary>
internal static partial class LoadRefusalTable
{
    private const string OtherOptions = "start it with the options that the guest was captured with";

    public static IReadOnlyList<LoadRefusalRow> Rows { get; } =
    [
        new(MachineType(), match => Means(
            $"the state is of a machine {Part(match, "received")}, this one is a {Part(match, "local")}", $"use -machine {Part(match, "received")}")),
        new(Capability(), match => Means(
            $"the migration capability {Part(match, "name")} is {Part(match, "received")} in the state and {Part(match, "local")} in this QEMU",
            $"switch {Part(match, "name")} {Part(match, "received")} on its monitor (migrate-set-capabilities)")),
        new(UnknownBlock(), match => Means($"this QEMU has no memory {Part(match, "block")}", BlockHint(Part(match, "block"), isMissing: true))),
        new(BlockSize(), match => Means(
            $"the memory {Part(match, "block")} has {Size(match, "received")} in the state and {Size(match, "local")} in this QEMU",
            BlockHint(Part(match, "block"), isMissing: false))),
        new(BlockPageSize(), match => Means(
            $"the memory {Part(match, "block")} is made of pages of {Part(match, "local")} bytes here, and of {Part(match, "received")} bytes in the state",
            "back it by pages of the same size")),
        new(UnknownSection(), match => Means(
            $"this QEMU has no device for the state of {Part(match, "name")}", SectionHint(Part(match, "name"), Part(match, "number"))) with
        {
            Section = Part(match, "name"),
            InstanceId = uint.Parse(Part(match, "number"), CultureInfo.InvariantCulture),
        }),
        new(SectionVersion(), match => Means(
            $"the state of {Part(match, "name")} is of version {Part(match, "received")}, this QEMU knows it up to {Part(match, "local")}",
            "use a newer QEMU, at least the release that it was captured with") with { Section = Part(match, "name") }),
        new(VersionTooNew(), match => Means(
            $"{Part(match, "name")} is of version {Part(match, "received")} in the state, this QEMU knows it up to {Part(match, "local")}",
            "use a newer QEMU, at least the release that it was captured with")),
        new(VersionTooOld(), match => Means(
            $"{Part(match, "name")} is of version {Part(match, "received")} in the state, this QEMU needs at least {Part(match, "local")}",
            "use an older QEMU, such as the release that it was captured with")),
        new(UnknownSubsection(), match => Means(
            $"the state of {Part(match, "name")} has a part {Part(match, "part")} that this QEMU does not know",
            "use the release that it was captured with, or a newer one, and the same machine type")),
        new(PciConfiguration(), match => Means(
            $"{PciRegister(Hex(match, "index"))} is {Part(match, "received")} in the state and {Part(match, "local")} in the device that this QEMU made",
            PciHint(Hex(match, "index"))) with { ByteOfField = Hex(match, "index") }),
        new(Features(), match => Means(
            $"the guest uses features of the device ({Part(match, "features")}) that it does not offer here (it offers {Part(match, "allowed")})",
            "give the device the properties that it was captured with; features also come from its backend (vhost, a network's offloads)")),
        new(QueueIndex(), match => Means(
            $"queue {Part(match, "queue")} of the device and the guest's memory are not of the same instant", "check the snapshot: savevm check --read-data")),
        new(Footer(), match => Means(
            $"the device {Part(match, "name")} read fewer or more bytes than it had saved: it is configured in another way here",
            "give it the number of ports, queues and slots that it was captured with") with { Section = Part(match, "name") }),
        new(Msr(), match => Means(
            $"the host's processor has no register {Part(match, "register")} that the guest's has", "resume on a host with the same processor features, or capture guests with a -cpu model that all hosts have")),
        new(Tsc(), _ => Means("the guest's time stamp counter runs at a speed that this host cannot give it", "resume on a host whose processor has the same speed or can scale it")),
        new(NotEqual(), match => Means(
            $"{Part(match, "description")}.{Part(match, "field")} is {Part(match, "received")} in one and {Part(match, "local")} in the other of state and device, and must be the same", OtherOptions)),
        new(NotAStream(), _ => Means("this is no state of a guest", "check the snapshot: savevm check --read-data")),
        new(VirtioDevice(), match => Means(
            $"the {Part(match, "kind")} is configured in another way than the captured one: its queues, ports or features differ", "give it the properties that it was captured with")),
        new(Field(), match => Means($"{Part(match, "description")} does not take the value of {Part(match, "field")}", OtherOptions)),
        new(Element(), match => Means($"it does not take the value of {Part(match, "field")}", OtherOptions)),
        new(Device(), match => Means($"{Part(match, "name")} does not take its state: it has a part that this QEMU does not know, or is configured in another way", OtherOptions)),
    ];

    private static LoadRefusal Means(string meaning, string hint) => new() { Line = string.Empty, Meaning = meaning, Hint = hint };

    private static string Part(Match match, string name) => match.Groups[name].Value;

    private static int Hex(Match match, string name) => int.Parse(match.Groups[name].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static string Size(Match match, string name) =>
        long.TryParse(match.Groups[name].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long bytes)
            ? bytes % (1 << 20) == 0 ? FormattableString.Invariant($"{bytes >> 20} MiB") : FormattableString.Invariant($"{bytes >> 10} KiB")
            : Part(match, name);

    private static string BlockHint(string block, bool isMissing) =>
        block.EndsWith(".rom", StringComparison.Ordinal) && block.Contains('/', StringComparison.Ordinal)
            ? isMissing ? $"start it with the device at {block[..block.LastIndexOf('/')]}, and without an empty romfile=" : "give that device the ROM of the capture (romfile=PATH), or its size (romsize=BYTES)"
        : block.Contains("vram", StringComparison.Ordinal) ? "use the same display device with the same memory size"
        : "use the same -m and the same memory backends (-object memory-backend-…)";

    private static string SectionHint(string name, string number)
    {
        if (name is "cpu_common" or "cpu" or "apic")
        {
            return $"use -smp {int.Parse(number, CultureInfo.InvariantCulture) + 1} or more, as many processors as were captured";
        }

        if (name == "slirp")
        {
            return $"add -netdev user,… until there are {int.Parse(number, CultureInfo.InvariantCulture) + 1} of them; before 8.2 QEMU does not number them, and a state with several of them that a newer QEMU saved does not load there";
        }

        int slash = name.LastIndexOf('/');
        return slash > 0
            ? $"add the device {name[(slash + 1)..]} at {name[..slash]}, where it was captured"
            : "start it with the machine type and the machine options that the guest was captured with";
    }

    private static string PciRegister(int index) => index switch
    {
        < 0x02 => "the vendor of the PCI device",
        < 0x04 => "the model of the PCI device",
        0x08 => "the revision of the PCI device",
        < 0x0c and > 0x08 => "the class of the PCI device",
        0x0e => "the kind of PCI header (one function or several)",
        >= 0x10 and < 0x28 => FormattableString.Invariant($"the address register {(index - 0x10) / 4} (BAR) of the PCI device"),
        >= 0x2c and < 0x30 => "the subsystem of the PCI device",
        >= 0x30 and < 0x34 => "the ROM address register of the PCI device",
        0x34 => "the place of the capabilities of the PCI device",
        0x3d => "the interrupt pin of the PCI device",
        >= 0x40 => FormattableString.Invariant($"a capability of the PCI device (byte {index:x2} of its configuration: interrupt vectors, power, link)"),
        _ => FormattableString.Invariant($"byte {index:x2} of the PCI configuration"),
    };

    private static string PciHint(int index) => index switch
    {
        < 0x0c or (>= 0x2c and < 0x30) => "put the device there that was captured there, with the same disable-legacy= and disable-modern=",
        0x0e => "give it the same multifunction=",
        >= 0x40 => "give it the same vectors= and the same number of queues, on the same kind of bus",
        _ => "give the device the properties that it was captured with",
    };

    [GeneratedRegex("Machine type received is '(?<received>[^'\n]*)' and local is '(?<local>[^'\n]*)'")]
    private static partial Regex MachineType();

    [GeneratedRegex(@"Capability (?<name>\S+) is (?<local>\w+), but received capability is (?<received>\w+)")]
    private static partial Regex Capability();

    [GeneratedRegex("Unknown ramblock \"(?<block>[^\"\n]*)\"")]
    private static partial Regex UnknownBlock();

    [GeneratedRegex(@"Size (?:mismatch|too large): (?<block>\S+): 0x(?<received>[0-9a-f]+) (?:!=|>) 0x(?<local>[0-9a-f]+)")]
    private static partial Regex BlockSize();

    [GeneratedRegex(@"Mismatched RAM page size (?<block>\S+) \(local\) (?<local>\d+) != (?<received>\d+)")]
    private static partial Regex BlockPageSize();

    [GeneratedRegex(@"Unknown (?:savevm )?section or instance '(?<name>[^'\n]*)' (?<number>\d{1,9})")]
    private static partial Regex UnknownSection();

    [GeneratedRegex(@"unsupported version (?<received>\d+) for '(?<name>[^'\n]*)' v(?<local>\d+)")]
    private static partial Regex SectionVersion();

    [GeneratedRegex(@"(?<name>\S+): incoming version_id (?<received>\d+) is too new for local version_id (?<local>\d+)")]
    private static partial Regex VersionTooNew();

    [GeneratedRegex(@"(?<name>\S+): incoming version_id (?<received>\d+) is too old for local minimum version_id +(?<local>\d+)")]
    private static partial Regex VersionTooOld();

    [GeneratedRegex(@"[Ss]ubsection '(?<part>[^'\n]*)' in '(?<name>[^'\n]*)' does not exist")]
    private static partial Regex UnknownSubsection();

    [GeneratedRegex(@"Bad config data: i=0x(?<index>[0-9a-f]{1,4}) read: (?<received>[0-9a-f]+) device: (?<local>[0-9a-f]+)")]
    private static partial Regex PciConfiguration();

    [GeneratedRegex(@"Features (?<features>0x[0-9a-f]+) unsupported\. Allowed features: (?<allowed>0x[0-9a-f]+)")]
    private static partial Regex Features();

    [GeneratedRegex(@"VQ (?<queue>\d+) size 0x[0-9a-f]+ (?:Guest index|< last_avail_idx)")]
    private static partial Regex QueueIndex();

    [GeneratedRegex(@"(?:Missing section footer for (?<name>\S+)|Mismatched section id in footer for (?<name>\S+) -|Reading footer section of instance 0x[0-9a-f]+ of device '(?<name>[^'\n]*)')")]
    private static partial Regex Footer();

    [GeneratedRegex("failed to set MSR (?<register>0x[0-9a-f]+)")]
    private static partial Regex Msr();

    [GeneratedRegex("(?:TSC frequency mismatch|migrated TSC frequency)")]
    private static partial Regex Tsc();

    [GeneratedRegex(@"^(?<received>[0-9a-f]+) != (?<local>[0-9a-f]+)\nFailed to load (?:(?<description>[^:\n]+):(?<field>\S+)|(?<description>element) of type .*? for (?<field>[^:\s]+))", RegexOptions.Multiline)]
    private static partial Regex NotEqual();

    [GeneratedRegex("(?:Not a migration stream|Unsupported migration stream version|Unknown savevm section type|Unknown section type)")]
    private static partial Regex NotAStream();

    [GeneratedRegex(@"Failed to load (?<kind>virtio-\w+):virtio\b")]
    private static partial Regex VirtioDevice();

    [GeneratedRegex(@"Failed to load (?!element of )(?<description>[^:\n]+):(?<field>[^:\s]+)")]
    private static partial Regex Field();

    [GeneratedRegex(@"Failed to load element of type [^:\n]*? for (?<field>[^:\s]+)")]
    private static partial Regex Element();

    [GeneratedRegex(@"error while loading state for instance 0x[0-9a-f]+ of device '(?<name>[^'\n]*)'")]
    private static partial Regex Device();
}
