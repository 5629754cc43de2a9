namespace Savevm.Qemu.Facts;

/// <summary>A character device of a live QEMU.</summary>
/// <param name="Id">Its id; QEMU's own name for one that has none.</param>
/// <param name="Kind">Its backend, such as <c>socket</c>; null where QEMU does not say.</param>
/// <param name="Address">What it is connected to, in QEMU's words: <c>disconnected:unix:/run/a,server=on</c>.</param>
public sealed record CharacterDeviceFact(string Id, string? Kind, string Address);
