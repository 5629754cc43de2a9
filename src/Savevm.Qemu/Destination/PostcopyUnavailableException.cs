namespace Savevm.Qemu.Destination;

/// <summary>QEMU refuses postcopy here, mostly because the host keeps userfaultfd for root.</summary>
public sealed class PostcopyUnavailableException(string message, string? hint, Exception? innerException = null)
    : QemuException(message, hint, innerException);
