namespace Savevm;

/// <summary>
/// The names of the facts that a capture stores with a snapshot, in the manifest's free objects <c>machine</c> and <c>source</c>. Whoever
/// writes and whoever reads them uses these; their meaning is part of docs/snapshot-format.md.
/// </summary>
public static class FactNames
{
    /// <summary>In <c>machine</c>: the machine type with its version, such as <c>pc-i440fx-7.2</c>.</summary>
    public const string MachineType = "machine_type";

    /// <summary>In <c>machine</c>: the accelerator, <c>tcg</c> or <c>kvm</c>.</summary>
    public const string Accelerator = "accelerator";

    /// <summary>In <c>source</c>: the version of QEMU, such as <c>7.2.22</c>.</summary>
    public const string QemuVersion = "qemu_version";

    /// <summary>In <c>source</c>: the path of QEMU's executable.</summary>
    public const string Executable = "executable";

    /// <summary>In <c>source</c>: the command line, an array of strings that begins with <c>argv[0]</c>.</summary>
    public const string Arguments = "argv";
}
