using Savevm.Qemu.Facts;

namespace Savevm.Qemu;

/// <summary>What an emulator said of itself, asked without a guest.</summary>
public sealed record EmulatorFacts
{
    /// <summary>Its full path.</summary>
    public required string Path { get; init; }

    /// <summary>Its version, such as <c>10.0.2</c>.</summary>
    public required string Version { get; init; }

    /// <summary>The distributor's own version text; may be empty.</summary>
    public string Package { get; init; } = string.Empty;

    /// <summary>Its machine types.</summary>
    public IReadOnlyList<MachineFact> Machines { get; init; } = [];

    /// <summary>The accelerators it was built with: <c>kvm</c>, <c>tcg</c> …</summary>
    public IReadOnlyList<string> Accelerators { get; init; } = [];

    /// <summary>Everything that it can make: devices, processors, backends, by their types.</summary>
    public IReadOnlySet<string> Models { get; init; } = new HashSet<string>();

    /// <summary>The properties that a device model has, by its type; only of those that were asked for.</summary>
    public IReadOnlyDictionary<string, IReadOnlySet<string>> ModelProperties { get; init; } = new Dictionary<string, IReadOnlySet<string>>();

    /// <summary>The folders in which it looks for firmware and option ROMs, in order; empty when it did not say.</summary>
    public IReadOnlyList<string> FirmwareFolders { get; init; } = [];

    /// <summary>The properties of its <c>memory-backend-file</c>.</summary>
    public IReadOnlyList<string> FileBackendProperties { get; init; } = [];

    /// <summary>Its <c>memory-backend-file</c> can map RAM from a file that nobody may write.</summary>
    public bool CanMapReadOnlyImages => FileBackendProperties.Contains("rom");

    /// <summary>A machine type by its name or alias; the default one for null; null where it has none of that name.</summary>
    public MachineFact? Machine(string? nameOrAlias) => nameOrAlias is null
        ? Machines.FirstOrDefault(machine => machine.IsDefault)
        : Machines.FirstOrDefault(machine => machine.Name == nameOrAlias) ?? Machines.FirstOrDefault(machine => machine.Alias == nameOrAlias);
}
