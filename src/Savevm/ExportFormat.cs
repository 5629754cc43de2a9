namespace Savevm;

/// <summary>The forms in which a saved state is written.</summary>
public enum ExportFormat
{
    /// <summary>A migration stream that QEMU loads (<c>-incoming exec:'cat FILE'</c>).</summary>
    Qevm,

    /// <summary>A mapped-ram file that QEMU 9.0 and later loads (<c>-incoming file:FILE</c>).</summary>
    MappedRam,

    /// <summary>A libvirt save image (<c>virsh restore</c>).</summary>
    Libvirt,

    /// <summary>The guest's physical memory, address by address.</summary>
    Raw,

    /// <summary>An ELF core with physical memory and processor registers, as <c>dump-guest-memory</c> makes it.</summary>
    Elf,

    /// <summary>Physical memory in LiME's ranges.</summary>
    Lime,
}
