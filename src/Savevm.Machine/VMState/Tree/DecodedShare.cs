namespace Savevm.Machine.VMState.Tree;

/// <summary>
/// How much of a section was understood. Values of unknown kind and sections of hand-written code are bytes that were not; marks and
/// heads of subsections are bytes that were.
/// </summary>
/// <param name="Decoded">Bytes that belong to fields with a name and a known meaning.</param>
/// <param name="Total">All bytes.</param>
public readonly record struct DecodedShare(long Decoded, long Total)
{
    /// <summary>The share in percent; 100 for a section without bytes.</summary>
    public double Percent => Total == 0 ? 100 : 100.0 * Decoded / Total;

    /// <summary>Both sections together.</summary>
    public static DecodedShare operator +(DecodedShare left, DecodedShare right) =>
        new(left.Decoded + right.Decoded, left.Total + right.Total);

    /// <summary>Both sections together.</summary>
    public static DecodedShare Add(DecodedShare left, DecodedShare right) => left + right;
}
