using Savevm.Qemu.Facts;

namespace Savevm.Qemu.CommandLine.Correction;

/// <summary>A <c>-device</c> of a command line and the device that it made, where that is still there.</summary>
/// <param name="Index">Its place among the options.</param>
/// <param name="Value">What it says.</param>
internal sealed record DeviceOption(int Index, OptionValue Value)
{
    public string Driver => Value.Text("driver") ?? string.Empty;

    public string? Id => Value.Text("id");

    /// <summary>What it made; null when that was unplugged.</summary>
    public PluggedDeviceFact? Device { get; set; }

    /// <summary>A device that stands by for another one comes and goes with the guest's driver; its option stays.</summary>
    public bool IsStandby => Value.Text("failover_pair_id") is { Length: > 0 };

    /// <summary>The options in the order in which QEMU makes their devices: those in JSON after the others.</summary>
    public static IReadOnlyList<DeviceOption> Read(IReadOnlyList<QemuOption> options) =>
    [
        .. options.Select((option, index) => (Option: option, Index: index))
            .Where(item => item.Option.Name == "device")
            .Select(item => new DeviceOption(item.Index, OptionValue.Parse(item.Option.Text, "driver")))
            .OrderBy(option => option.Value.IsJson),
    ];
}
