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

    // Other spellings of the same option.
    private static readonly FrozenDictionary<string, string> Aliases = new Dictionary<string, string>
    {
        ["M"] = "machine",
    }.ToFrozenDictionary();

    /// <summary>Whether the option is followed by an argument of its own.</summary>
    public static bool TakesArgument(string name) => !Flags.Contains(name);

    /// <summary>The one spelling under which an option is looked for.</summary>
    public static string Canonical(string name) => Aliases.GetValueOrDefault(name, name);
}
