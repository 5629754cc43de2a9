namespace Savevm.Migration;

/// <summary>The destination said on the return path that it could not load the state.</summary>
public sealed class PeerRefusedException(uint code)
    : IOException($"the destination could not load the state (SHUT {code} on the return path)")
{
    /// <summary>The value of the SHUT message; never 0.</summary>
    public uint Code { get; } = code;
}
