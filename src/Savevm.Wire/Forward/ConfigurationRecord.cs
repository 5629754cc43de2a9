namespace Savevm.Wire.Forward;

/// <summary>The configuration section.</summary>
/// <param name="MachineName">Machine class name, such as <c>pc-i440fx-7.2</c>.</param>
/// <param name="Subsections">The subsections as they travelled; owned by the record.</param>
/// <param name="Capabilities">Capabilities that both sides must have on; usually none.</param>
public sealed record ConfigurationRecord(string MachineName, byte[] Subsections, IReadOnlyList<string> Capabilities)
{
    /// <summary>Binary logarithm of the target page size, when the stream tells it; never on x86.</summary>
    public int? TargetPageBits { get; init; }

    /// <summary>The machine's UUID, when both sides shall compare it.</summary>
    public Guid? Uuid { get; init; }
}
