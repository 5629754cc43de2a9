namespace Savevm.Qemu.CommandLine.Correction;

/// <summary>
/// QEMU's own network (<c>-netdev user</c>) has state of its own in a stream, and the state belongs to the first, second, third such backend
/// that this QEMU ever made. Where one of them is gone, or was made anew, the count of a fresh QEMU would be another one: idle backends
/// stand in for those that are missing.
/// </summary>
internal static class BackendNumbers
{
    /// <summary>The idstr of that state.</summary>
    public const string SectionName = "slirp";

    private const string StandIn = "savevm-idle";

    // As many as anybody could have made; a stream may claim more.
    private const int MaximumCount = 64;

    /// <summary>The command line with as many backends before each as its state's number says.</summary>
    /// <param name="words">The command line, the program's own word first.</param>
    /// <param name="numbers">The instance ids of the sections of that name in the state.</param>
    /// <returns>The same words where nothing is missing, or where it cannot be told what is.</returns>
    public static IReadOnlyList<string> Align(IReadOnlyList<string> words, IEnumerable<uint> numbers)
    {
        uint[] wanted = [.. numbers.Order()];
        if (wanted.Length == 0 || wanted[^1] >= MaximumCount || wanted[^1] == wanted.Length - 1 || wanted.Distinct().Count() < wanted.Length)
        {
            // Before 8.2 QEMU numbered none of them, and each takes the state of the first.
            return words;
        }

        var line = QemuCommandLine.Parse(words);
        var options = line.Options.ToList();
        int made = 0, given = options.Count(option => IsUser(option, "netdev"));
        if (given > wanted.Length)
        {
            return words;
        }

        // -netdev come first, then -nic and -net: what stands in for one before those goes to the end.
        int place = 0;
        for (int i = 0; i < given; i++)
        {
            place = options.FindIndex(place, option => IsUser(option, "netdev"));
            for (; made < wanted[i]; made++)
            {
                options.Insert(place++, New(made));
            }

            place++;
            made++;
        }

        if (given < wanted.Length)
        {
            for (; made < wanted[given]; made++)
            {
                options.Add(New(made));
            }
        }

        return [line.Program, .. options.SelectMany(option => option.ToArguments())];
    }

    private static QemuOption New(int number) => new("netdev", FormattableString.Invariant($"user,id={StandIn}{number},restrict=on"));

    private static bool IsUser(QemuOption option, string name) => option.Name == name && OptionValue.Parse(option.Text, "type").Text("type") == "user";
}
