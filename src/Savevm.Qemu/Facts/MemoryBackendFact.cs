namespace Savevm.Qemu.Facts;

/// <summary>A memory backend of a live QEMU.</summary>
/// <param name="Id">Its id; empty for one that has none.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Shared">Other processes may map the same memory.</param>
public sealed record MemoryBackendFact(string Id, long Bytes, bool Shared);
