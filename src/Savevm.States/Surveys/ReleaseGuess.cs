using Savevm.Wire.Descriptions;
using Savevm.Wire.Dialects;

namespace Savevm.States.Surveys;

/// <summary>
/// Which releases of QEMU can have written a stream. A stream does not say it; what it holds, and how it is described, changed from release
/// to release (<c>docs/wire-format.md</c>, chapters 2.7 and 20).
/// </summary>
/// <param name="Oldest">The oldest that can have; null when nothing tells.</param>
/// <param name="Before">The oldest that cannot have any more; null when nothing tells.</param>
/// <param name="Reasons">What tells it.</param>
public sealed record ReleaseGuess(QemuRelease? Oldest, QemuRelease? Before, IReadOnlyList<string> Reasons)
{
    private static readonly QemuRelease V82 = new(8, 2);
    private static readonly QemuRelease V90 = new(9, 0);
    private static readonly QemuRelease V100 = new(10, 0);
    private static readonly QemuRelease V111 = new(11, 1);

    /// <summary>Looks at what a survey found.</summary>
    public static ReleaseGuess Of(StateSurvey survey)
    {
        ArgumentNullException.ThrowIfNull(survey);
        var guess = new ReleaseGuess(null, null, []);
        if (survey.Configuration is { } configuration)
        {
            if (QemuRelease.TryParseMachine(configuration.MachineName, out QemuRelease machine))
                guess = guess.AtLeast(machine, $"the machine type {configuration.MachineName}");
            if (configuration.Capabilities.Contains(CapabilityTable.MappedRam))
                guess = guess.AtLeast(V90, "mapped-ram");
        }
        if (survey.Sections.Any(section => section.Name == "SWITCHOVER_START"))
            guess = guess.AtLeast(V100, "the command SWITCHOVER_START");
        return survey.Description is { } description ? guess.Judge(description) : guess;
    }

    /// <summary>The guess in words: <c>10.0 or later, before 11.1</c>.</summary>
    public override string ToString() => (Oldest, Before) switch
    {
        (null, null) => "unknown",
        ({ } oldest, null) => $"{oldest} or later",
        (null, { } before) => $"before {before}",
        ({ } oldest, { } before) => $"{oldest} or later, before {before}",
    };

    private ReleaseGuess Judge(VMDescription description)
    {
        ReleaseGuess guess = description.Configuration is null
            ? Below(V82, "a description without the configuration section")
            : AtLeast(V82, "a description of the configuration section");
        (bool hasArray, bool hasIndex, bool lacksLast) = FindArrays(description);
        if (!hasArray)
            return guess;
        if (!hasIndex)
            return guess.AtLeast(V111, "array elements without index");
        return lacksLast
            ? guess.AtLeast(V100, "a last array element without index").Below(V111, "array elements with index")
            : guess.Below(V100, "array elements that all have an index");
    }

    private ReleaseGuess AtLeast(QemuRelease release, string reason) =>
        Oldest is { } oldest && oldest >= release ? this : this with { Oldest = release, Reasons = [.. Reasons, $"{reason}: {release} or later"] };

    private ReleaseGuess Below(QemuRelease release, string reason) =>
        Before is { } before && before <= release ? this : this with { Before = release, Reasons = [.. Reasons, $"{reason}: before {release}"] };

    /// <summary>How arrays that are described element by element are numbered.</summary>
    private static (bool HasArray, bool HasIndex, bool LacksLast) FindArrays(VMDescription description)
    {
        var found = (HasArray: false, HasIndex: false, LacksLast: false);
        foreach (DescribedDevice device in description.Devices)
            Look(device.Body, ref found);
        return found;
    }

    private static void Look(DescribedStruct structure, ref (bool HasArray, bool HasIndex, bool LacksLast) found)
    {
        string? name = null;
        int? index = null;
        foreach (DescribedField field in structure.Fields)
        {
            bool isNext = name is not null && field.NameUtf8.SequenceEqual(System.Text.Encoding.ASCII.GetBytes(name));
            if (field.Index is not null)
            {
                found.HasArray = true;
                found.HasIndex = true;
            }
            else if (isNext)
            {
                found.HasArray = true;
                found.LacksLast |= index is not null;
            }
            name = field.Name;
            index = field.Index;
            foreach (DescribedStruct nested in field.Structs)
                Look(nested, ref found);
        }
        foreach (DescribedStruct subsection in structure.Subsections)
            Look(subsection, ref found);
    }
}
