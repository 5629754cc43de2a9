namespace Savevm.Linux.Sockets;

/// <summary>A process that has a socket of a unix address open.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="Name">Its short name, as <c>ps</c> shows it; empty when it ended meanwhile.</param>
/// <param name="Role">What it does with the address.</param>
public sealed record UnixSocketUser(int ProcessId, string Name, UnixSocketRole Role);
