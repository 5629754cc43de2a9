namespace Savevm.Machine.Live;

/// <summary>Bytes that a live handler has still to send, by when they may travel.</summary>
/// <param name="PrecopyOnly">Only before the machine runs at the destination.</param>
/// <param name="Compatible">Before or after.</param>
/// <param name="PostcopyOnly">Only after, where there is postcopy.</param>
public readonly record struct PendingState(long PrecopyOnly, long Compatible, long PostcopyOnly)
{
    /// <summary>All of it.</summary>
    public long Total => PrecopyOnly + Compatible + PostcopyOnly;

    /// <summary>The parts of two handlers together.</summary>
    public static PendingState operator +(PendingState left, PendingState right) => Add(left, right);

    /// <summary>The parts of two handlers together.</summary>
    public static PendingState Add(PendingState left, PendingState right) =>
        new(left.PrecopyOnly + right.PrecopyOnly, left.Compatible + right.Compatible, left.PostcopyOnly + right.PostcopyOnly);
}
