namespace Savevm;

/// <summary>What an import made.</summary>
/// <param name="Name">The snapshot.</param>
/// <param name="Forms">The forms around the stream, from the outside to the inside.</param>
/// <param name="GuestBytes">RAM of the guest.</param>
/// <param name="DataBytes">Bytes that are stored of it.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record ImportReport(string Name, IReadOnlyList<string> Forms, long GuestBytes, long DataBytes, TimeSpan Elapsed)
{
    /// <summary>The machine class name; null where the state does not tell.</summary>
    public string? Machine { get; init; }
}
