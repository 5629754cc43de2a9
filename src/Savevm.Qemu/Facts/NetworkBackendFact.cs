namespace Savevm.Qemu.Facts;

/// <summary>A network backend of a live QEMU.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">Its kind, such as <c>user</c> or <c>tap</c>.</param>
/// <param name="Settings">What else QEMU says of it: <c>net=10.0.2.0,restrict=off</c>.</param>
public sealed record NetworkBackendFact(string Id, string Kind, string Settings);
