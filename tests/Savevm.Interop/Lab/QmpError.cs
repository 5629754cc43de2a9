namespace Savevm.Interop.Lab;

/// <summary>QEMU's own answer that it will not.</summary>
internal sealed class QmpError(string description) : Exception(description);
