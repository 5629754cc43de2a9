using Savevm.VMState.Registries;

namespace Savevm.VMState.Compat;

/// <summary>What became of one sample.</summary>
/// <param name="File">Name of the file, without its folder.</param>
/// <param name="Machine">The devices that it was loaded into, so that a test can look at them; half loaded perhaps where there is an error.</param>
/// <param name="Report">Which devices were loaded and which the sample does not mention; null where there is an error.</param>
/// <param name="Error">Why it was refused, with section, device and field; null where it was loaded.</param>
public sealed record CompatResult(string File, DeviceRegistry Machine, DeviceLoadReport? Report, string? Error)
{
    /// <summary>The sample was loaded whole.</summary>
    public bool IsLoaded => Error is null;

    /// <inheritdoc/>
    public override string ToString() => IsLoaded ? $"{File}: loaded" : $"{File}: {Error}";
}
