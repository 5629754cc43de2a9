using System.Text.Json.Nodes;

namespace Savevm.Qemu.Qmp;

/// <summary>A command of a batch.</summary>
/// <param name="Name">QEMU's name of it.</param>
/// <param name="Arguments">Its arguments, or null. Stays the caller's.</param>
public sealed record QmpCommand(string Name, JsonObject? Arguments = null);
