using System.Globalization;

namespace Savevm.Qemu.CommandLine;

/// <summary>
/// The names that QEMU gives to drives without an id, such as <c>ide0-hd0</c> or <c>virtio1</c>. They follow from the interface, the media and
/// the place on its bus; which interface is the default, and how many drives an IDE bus has, depends on the machine (<c>pc</c> two, <c>q35</c> one).
/// </summary>
internal static class DriveNaming
{
    // What machines take for a drive without if=.
    private static readonly string[] DefaultInterfaces = ["ide", "virtio", "scsi", "sd", "none"];

    private const int ScsiUnits = 7;

    /// <summary>Names all drives of a command line.</summary>
    /// <param name="drives">The drives in order.</param>
    /// <param name="live">The names that the live QEMU uses: they tell what kind of machine it is. Empty for a guess.</param>
    public static IReadOnlyList<string> Name(IReadOnlyList<DriveOption> drives, IReadOnlyCollection<string> live)
    {
        IReadOnlyList<string> best = [];
        int mostKnown = -1;
        foreach (string interfaceName in DefaultInterfaces)
        {
            foreach (int ideUnits in (ReadOnlySpan<int>)[2, 1])
            {
                var names = Name(drives, interfaceName, ideUnits);
                int known = names.Count(live.Contains);
                if (known > mostKnown)
                {
                    (best, mostKnown) = (names, known);
                }
            }
        }

        return best;
    }

    private static List<string> Name(IReadOnlyList<DriveOption> drives, string defaultInterface, int ideUnits)
    {
        var taken = new HashSet<(string Interface, int Bus, int Unit)>();
        var names = new List<string>();
        foreach (var drive in drives)
        {
            string interfaceName = drive.Value.Text("if") ?? defaultInterface;
            int units = interfaceName switch { "ide" => ideUnits, "scsi" => ScsiUnits, _ => 0 };
            var (bus, unit) = Place(drive.Value, interfaceName, units, taken);
            taken.Add((interfaceName, bus, unit));
            string media = interfaceName is "ide" or "scsi" ? drive.Value.Text("media") == "cdrom" ? "-cd" : "-hd" : string.Empty;
            names.Add(drive.Value.Text("id") ?? (units > 0
                ? FormattableString.Invariant($"{interfaceName}{bus}{media}{unit}")
                : FormattableString.Invariant($"{interfaceName}{media}{unit}")));
        }

        return names;
    }

    private static (int Bus, int Unit) Place(OptionValue value, string interfaceName, int units, HashSet<(string Interface, int Bus, int Unit)> taken)
    {
        int bus = Number(value, "bus") ?? 0;
        int? unit = Number(value, "unit");
        if (Number(value, "index") is { } index)
        {
            return units > 0 ? (index / units, index % units) : (bus, index);
        }

        if (unit is { } given)
        {
            return (bus, given);
        }

        int free = 0;
        while (taken.Contains((interfaceName, bus, free)))
        {
            free++;
            if (units > 0 && free >= units)
            {
                free = 0;
                bus++;
            }
        }

        return (bus, free);
    }

    private static int? Number(OptionValue value, string name) =>
        int.TryParse(value.Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
