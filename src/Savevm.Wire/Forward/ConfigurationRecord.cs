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

    /// <summary>A configuration of our own making, with its subsections in the order in which QEMU writes them.</summary>
    /// <param name="machineName">Machine class name.</param>
    /// <param name="capabilities">Capabilities that the other side shall check; usually none.</param>
    /// <param name="targetPageBits">Binary logarithm of the target page size; null on x86.</param>
    /// <param name="uuid">The machine's UUID, when the other side shall compare it.</param>
    /// <exception cref="ArgumentException">A name that cannot travel, or more capabilities than a reader takes.</exception>
    public static ConfigurationRecord Create(
        string machineName, IReadOnlyList<string>? capabilities = null, int? targetPageBits = null, Guid? uuid = null)
    {
        capabilities ??= [];
        byte[] subsections = ConfigurationWriter.WriteSubsections(capabilities, targetPageBits, uuid);
        return new ConfigurationRecord(machineName, subsections, capabilities) { TargetPageBits = targetPageBits, Uuid = uuid };
    }
}
