namespace Savevm.Qemu.Source;

/// <summary>This QEMU cannot send its state now, or not in the mode asked for. Nothing was changed.</summary>
public sealed class SourceUnavailableException(string message, string? hint = null, Exception? innerException = null)
    : QemuException(message, hint, innerException);
