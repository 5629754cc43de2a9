namespace Savevm.Qemu.CommandLine.Correction;

/// <summary>
/// The devices that a correction put on a command line, seen by another emulator than the captured one. Their options name every property that
/// was not as the model has it by itself, and an older emulator does not have all of them: what it lacks it also does not do.
/// </summary>
public static class AddedDevices
{
    // Not a property of the model, but of every -device.
    private static readonly string[] Always = ["driver", "id", "bus", "addr"];

    /// <summary>The models of those devices.</summary>
    /// <param name="corrected">The command line as it was corrected.</param>
    /// <param name="started">The command line as it was started; empty where it was not corrected.</param>
    public static IReadOnlyCollection<string> Models(IReadOnlyList<string> corrected, IReadOnlyList<string> started) =>
        [.. Indexes(corrected, started).Select(index => OptionValue.Parse(corrected[index], "driver").Text("driver")).OfType<string>().Distinct()];

    /// <summary>The command line without the properties that an emulator does not know.</summary>
    /// <param name="corrected">The command line as it was corrected.</param>
    /// <param name="started">The command line as it was started.</param>
    /// <param name="emulator">The emulator; asked for the models.</param>
    /// <param name="notes">Gets a sentence for each device that lost properties.</param>
    public static IReadOnlyList<string> Fit(
        IReadOnlyList<string> corrected, IReadOnlyList<string> started, EmulatorFacts emulator, ICollection<string> notes)
    {
        ArgumentNullException.ThrowIfNull(emulator);
        string[] fitted = [.. corrected];
        foreach (int index in Indexes(corrected, started))
        {
            var value = OptionValue.Parse(fitted[index], "driver");
            if (value.Text("driver") is not { } model || !emulator.ModelProperties.TryGetValue(model, out var known) || known.Count == 0)
            {
                continue;
            }

            string[] unknown = [.. value.Names.Where(name => !Always.Contains(name) && !known.Contains(name))];
            if (unknown.Length > 0)
            {
                value.Remove(unknown);
                fitted[index] = value.ToString();
                notes.Add($"the device {value.Text("id") ?? model} is started without {string.Join(", ", unknown)}, which QEMU {emulator.Version} does not know");
            }
        }

        return fitted;
    }

    private static IEnumerable<int> Indexes(IReadOnlyList<string> corrected, IReadOnlyList<string> started)
    {
        if (started.Count == 0)
        {
            yield break;
        }

        var given = started.ToHashSet(StringComparer.Ordinal);
        for (int i = 1; i < corrected.Count; i++)
        {
            if (corrected[i - 1] == "-device" && !given.Contains(corrected[i]))
            {
                yield return i;
            }
        }
    }
}
