namespace Savevm;

/// <summary>What an export wrote.</summary>
/// <param name="Path">The file.</param>
/// <param name="GuestBytes">RAM of the guest.</param>
/// <param name="FileBytes">Length of the file; null for a pipe.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record ExportReport(string Path, long GuestBytes, long? FileBytes, TimeSpan Elapsed)
{
    /// <summary>RAM blocks that are not in it, since it is not known where in the guest's physical memory they lie.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];
}
