namespace Savevm.Heaps.Tests;

/// <summary>Who writes.</summary>
public enum WriterKind
{
    /// <summary>Managed code by a pointer: a garbage collection waits for a thread that is held in such a write.</summary>
    Managed,

    /// <summary>Native code.</summary>
    Native,
}
