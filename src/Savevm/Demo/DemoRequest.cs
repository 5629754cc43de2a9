namespace Savevm.Demo;

/// <summary>What <c>savevm demo</c> needs to know of the place it runs in.</summary>
public sealed record DemoRequest
{
    /// <summary>The emulator to use (<c>SAVEVM_QEMU</c>); null to search.</summary>
    public string? Emulator { get; init; }

    /// <summary>The folders to search for an emulator, as in <c>PATH</c>; null for none.</summary>
    public string? SearchPath { get; init; }

    /// <summary>The root of the source tree (<c>SAVEVM_ROOT</c>), whose tools can fetch an emulator; null when there is none.</summary>
    public string? SourceRoot { get; init; }
}
