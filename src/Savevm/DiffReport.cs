namespace Savevm;

/// <summary>How two saved states differ.</summary>
public sealed record DiffReport
{
    /// <summary>What is not the same of machine, blocks and order, a sentence each.</summary>
    public required IReadOnlyList<string> Machine { get; init; }

    /// <summary>Devices that are not the same; those alike are left out.</summary>
    public required IReadOnlyList<DeviceDifference> Devices { get; init; }

    /// <summary>RAM that is not the same; null when it was not compared.</summary>
    public IReadOnlyList<RamDifference>? Ram { get; init; }

    /// <summary>Nothing differs of what was compared.</summary>
    public bool IsSame => Machine.Count == 0 && Devices.Count == 0 && Ram is not { Count: > 0 };
}
