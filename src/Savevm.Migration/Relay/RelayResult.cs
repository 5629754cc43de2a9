namespace Savevm.Migration.Relay;

/// <summary>How a migration through a relay ended that went well.</summary>
/// <param name="IsFollowed">The relay understood the stream; otherwise it knows no more than that both sides ended in order.</param>
/// <param name="IsPostcopy">The guest went over before its RAM.</param>
/// <param name="HasShut">The destination said that it has everything.</param>
/// <param name="SourceWasLost">The source was gone before the end and was not needed.</param>
public sealed record RelayResult(bool IsFollowed, bool IsPostcopy, bool HasShut, bool SourceWasLost);
