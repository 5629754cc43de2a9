using System.Collections.Frozen;

namespace Savevm.Qemu.CommandLine;

/// <summary>The names of device models: a command line may use an older or shorter name than the model's own.</summary>
public static class DriverNames
{
    private static readonly FrozenDictionary<string, string> Aliases = new Dictionary<string, string>
    {
        ["ac97"] = "AC97",
        ["es1370"] = "ES1370",
        ["e1000-82540em"] = "e1000",
        ["ahci"] = "ich9-ahci",
        ["lsi"] = "lsi53c895a",
    }.ToFrozenDictionary();

    // What virtio-net stands for depends on the machine: mostly PCI.
    private static readonly string[] Transports = ["-pci", "-ccw", "-device"];

    /// <summary>Whether a name on a command line means this device model.</summary>
    /// <param name="name">What stands on the command line.</param>
    /// <param name="type">The model's own name, as a live QEMU says it.</param>
    public static bool IsSame(string name, string type) =>
        name == type
        || Aliases.GetValueOrDefault(name) == type
        || (name.StartsWith("virtio-", StringComparison.Ordinal) && type.StartsWith(name, StringComparison.Ordinal) && Transports.Contains(type[name.Length..]));

    /// <summary>The model's own name on a machine whose virtio devices are on PCI, as nearly all are.</summary>
    /// <param name="name">What stands on the command line.</param>
    /// <param name="isKnown">Whether a name is that of a model.</param>
    public static string Resolve(string name, Func<string, bool> isKnown)
    {
        ArgumentNullException.ThrowIfNull(isKnown);
        return isKnown(name) ? name
            : Aliases.GetValueOrDefault(name) is { } other ? other
            : Transports.Select(transport => name + transport).FirstOrDefault(isKnown) ?? name;
    }
}
