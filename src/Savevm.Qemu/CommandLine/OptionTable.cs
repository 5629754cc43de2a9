using System.Collections.Frozen;

namespace Savevm.Qemu.CommandLine;

/// <summary>
/// Which options of a system emulator stand alone. Everything else takes the next argument; that holds for every release from 2.x to
/// 11.x, so only the exceptions are listed.
/// </summary>
public static class OptionTable
{
    private static readonly FrozenSet<string> Flags = FrozenSet.ToFrozenSet(
    [
        "h", "help", "version",
        "enable-kvm", "no-kvm", "no-kvm-irqchip", "no-kvm-pit", "no-kvm-pit-reinjection", "enable-hax",
        "S", "s", "daemonize", "snapshot", "preconfig", "only-migratable", "nodefaults", "no-user-config", "nodefconfig",
        "no-reboot", "no-shutdown", "no-acpi", "no-hpet", "no-fd-bootchk", "win2k-hack", "rtc-td-hack", "old-param",
        "nographic", "curses", "sdl", "full-screen", "no-frame", "alt-grab", "ctrl-grab", "no-quit", "portrait", "show-cursor",
        "usb", "mem-prealloc", "mlock", "singlestep", "one-insn-per-tb", "semihosting", "enable-fips", "enable-sync-profile",
        "perfmap", "jitdump", "xen-attach", "xen-domid-restrict", "audio-help", "tdf", "nouserconfig",
    ]);

    // The others, of the releases from 7.2 to 10.0, in the one spelling under which they are looked for.
    private static readonly FrozenSet<string> WithArgument = FrozenSet.ToFrozenSet(
    [
        "D", "L", "accel", "acpitable", "action", "add-fd", "append", "async-teardown", "audio", "audiodev", "bios", "blockdev", "boot", "bt",
        "cdrom", "chardev", "chroot", "compat", "cpu", "d", "debugcon", "device", "dfilter", "display", "drive", "dtb", "dump-vmstate", "echr",
        "fda", "fdb", "fsdev", "fw_cfg", "g", "gdb", "global", "hda", "hdb", "hdc", "hdd", "icount", "incoming", "initrd", "iscsi", "k",
        "kernel", "loadvm", "m", "machine", "mem-path", "mon", "monitor", "msg", "mtdblock", "name", "net", "netdev", "nic", "numa", "object",
        "option-rom", "overcommit", "parallel", "pflash", "pidfile", "plugin", "prom-env", "qmp", "qmp-pretty", "qtest", "qtest-log",
        "readconfig", "rotate", "rtc", "run-with", "runas", "sandbox", "sd", "seed", "semihosting-config", "serial", "set", "shim", "smbios",
        "smp", "spice", "tb-size", "tpmdev", "trace", "usbdevice", "uuid", "vga", "virtfs", "vnc", "watchdog", "watchdog-action", "writeconfig",
        "xen-domid",
    ]);

    // Other spellings of the same option.
    private static readonly FrozenDictionary<string, string> Aliases = new Dictionary<string, string>
    {
        ["M"] = "machine",
    }.ToFrozenDictionary();

    /// <summary>The options that are known by name; QEMU may have more.</summary>
    public static IEnumerable<string> Known => Flags.Concat(WithArgument);

    /// <summary>Whether an option is known by name.</summary>
    public static bool IsKnown(string name) => Flags.Contains(name) || WithArgument.Contains(name);

    /// <summary>Whether the option is followed by an argument of its own.</summary>
    public static bool TakesArgument(string name) => !Flags.Contains(name);

    /// <summary>The one spelling under which an option is looked for.</summary>
    public static string Canonical(string name) => Aliases.GetValueOrDefault(name, name);
}
