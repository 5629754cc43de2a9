namespace Savevm.Qemu.CommandLine;

/// <summary>The command line of a system emulator, taken apart. Order and repetition are kept: both mean something to QEMU.</summary>
public sealed class QemuCommandLine
{
    // Far more than anybody starts a QEMU with. Drives are looked at in pairs, so what a file says cannot be any number.
    private const int MaximumWords = 16384;

    private QemuCommandLine(string program, IReadOnlyList<QemuOption> options)
    {
        Program = program;
        Options = options;
    }

    /// <summary>The word in front: what the process was called by.</summary>
    public string Program { get; }

    /// <summary>The options in order.</summary>
    public IReadOnlyList<QemuOption> Options { get; }

    /// <summary>Takes a command line apart.</summary>
    /// <param name="argv">The words, the program's own first.</param>
    /// <exception cref="CommandLineRefusedException">It ends in the middle of an option.</exception>
    public static QemuCommandLine Parse(IReadOnlyList<string> argv)
    {
        if (argv.Count == 0)
        {
            throw new CommandLineRefusedException("the recorded command line is empty", []);
        }

        if (argv.Count > MaximumWords)
        {
            throw new CommandLineRefusedException($"the recorded command line has {argv.Count} words, more than {MaximumWords}", []);
        }

        var options = new List<QemuOption>(argv.Count);
        for (int i = 1; i < argv.Count; i++)
        {
            string word = argv[i];
            if (word.Length < 2 || word[0] != '-')
            {
                options.Add(new QemuOption(string.Empty, word));
                continue;
            }

            string name = OptionTable.Canonical(word.StartsWith("--", StringComparison.Ordinal) ? word[2..] : word[1..]);
            if (name.Length == 0 || name[0] == '-')
            {
                // Dashes alone would be written without them, and become the image of a disk.
                throw new CommandLineRefusedException($"the command line has {word}, which is no option", []);
            }

            if (!OptionTable.TakesArgument(name))
            {
                options.Add(new QemuOption(name));
            }
            else if (i + 1 < argv.Count)
            {
                options.Add(new QemuOption(name, argv[++i]));
            }
            else
            {
                throw new CommandLineRefusedException($"the command line ends with {word}, which needs an argument", []);
            }
        }

        return new QemuCommandLine(argv[0], options);
    }

    /// <summary>The words that QEMU gets, the program's own not among them.</summary>
    public IReadOnlyList<string> ToArguments() => [.. Options.SelectMany(option => option.ToArguments())];

    /// <summary>All options of a name, in order.</summary>
    public IEnumerable<QemuOption> All(string name) => Options.Where(option => option.Name == name);

    /// <summary>Whether an option is there.</summary>
    public bool Has(string name) => Options.Any(option => option.Name == name);

    /// <summary>The machine type as it was written, alias or not; null where the default was taken.</summary>
    public string? MachineType
    {
        get
        {
            string? type = null;
            foreach (var option in All("machine"))
            {
                type = OptionValue.Parse(option.Text, "type").Text("type") ?? type;
            }

            return type;
        }
    }

    /// <summary>The accelerators that QEMU may try, in the order in which it tries them.</summary>
    public IReadOnlyList<string> Accelerators
    {
        get
        {
            string[] chosen = [.. All("accel").Select(option => OptionValue.Parse(option.Text, "accel").Text("accel") ?? "tcg")];
            if (chosen.Length > 0)
            {
                return chosen;
            }

            string? list = null;
            foreach (var option in Options)
            {
                list = option.Name switch
                {
                    "enable-kvm" => "kvm",
                    "no-kvm" => "tcg",
                    "machine" => OptionValue.Parse(option.Text, "type").Text("accel") ?? list,
                    _ => list,
                };
            }

            list ??= Program.EndsWith("kvm", StringComparison.Ordinal) ? "kvm:tcg" : "tcg";
            return list.Split(':', StringSplitOptions.RemoveEmptyEntries);
        }
    }

    /// <summary>The clock that the RTC goes by, as <c>-rtc clock=</c> names it; QEMU's own choice is <c>host</c>.</summary>
    public string RtcClock =>
        All("rtc").Select(option => OptionValue.Parse(option.Text, string.Empty).Text("clock")).LastOrDefault(clock => clock is not null) ?? "host";

    /// <summary>The size of main RAM in bytes as <c>-m</c> gives it; null where it is not given or not understood.</summary>
    public long? MemoryBytes
    {
        get
        {
            long? bytes = null;
            foreach (var option in All("m"))
            {
                if (OptionValue.Parse(option.Text, "size").Text("size") is { } size)
                {
                    bytes = SizeText.Parse(size, defaultUnit: 1L << 20);
                }
            }

            return bytes;
        }
    }
}
