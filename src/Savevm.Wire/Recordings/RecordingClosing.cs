namespace Savevm.Wire.Recordings;

/// <summary>How a connection ended.</summary>
public enum RecordingClosing : byte
{
    /// <summary>The source ended its direction.</summary>
    BySource = 1,

    /// <summary>The destination ended its direction.</summary>
    ByDestination = 2,

    /// <summary>It broke.</summary>
    Broken = 3,
}
