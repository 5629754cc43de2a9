namespace Savevm.States.Writing;

/// <summary>Where the machines of one family have their RAM.</summary>
/// <param name="Prefix">What their names begin with.</param>
/// <param name="FirstAddress">Guest physical address of the first byte of RAM.</param>
/// <param name="SplitFrom">RAM of at least so many bytes has a part above 4 GiB; <see cref="long.MaxValue"/> where all lies together.</param>
/// <param name="LowBytes">Bytes of it below 4 GiB then.</param>
internal sealed record MachineFamily(string Prefix, long FirstAddress, long SplitFrom, long LowBytes)
{
    /// <summary>The machine's property <c>max-ram-below-4g</c> takes the place of <see cref="SplitFrom"/>; else it only bounds the part below.</summary>
    internal bool SplitMoves { get; init; }

    /// <summary>Bytes of addresses that the machine keeps above its memory for PCI devices, usually; 0 where that moves no memory.</summary>
    internal long PciHoleBytes { get; init; }
}
