using Savevm.Machine.VMState;
using Savevm.Machine.VMState.Catalogue;
using Savevm.Repository.Snapshots;
using Savevm.States.Reading;
using Savevm.States.Surveys;
using Savevm.Wire;
using Savevm.Wire.Descriptions;

namespace Savevm.Inspections;

/// <summary>What is known of a saved state's devices after it was read: of a file by a survey, of a snapshot by its device file.</summary>
internal sealed class StateContents
{
    private StateContents(IReadOnlyList<DeviceSection> sections, IReadOnlyList<long?> offsets, VMDescription? description)
    {
        Sections = sections;
        Offsets = offsets;
        Description = description;
    }

    internal IReadOnlyList<DeviceSection> Sections { get; }

    /// <summary>Offset of each section's body in the file.</summary>
    internal IReadOnlyList<long?> Offsets { get; }

    internal VMDescription? Description { get; }

    /// <summary>The machine class name; null where it is not told.</summary>
    internal string? Machine { get; private init; }

    /// <summary>The survey of a file; null for a snapshot.</summary>
    internal StateSurvey? Survey { get; private init; }

    internal static StateContents Read(StateSubject subject, bool comparesPages, CancellationToken cancellationToken)
    {
        if (subject.Snapshot is { } snapshot)
            return Read(snapshot);
        var survey = new StateSurvey(comparesPages);
        using var input = new StateInput(subject.File!);
        survey.Read(input, null, cancellationToken);
        return new StateContents(
            [.. survey.Devices.Select(ToSection)], [.. survey.Devices.Select(section => (long?)section.BodyOffset)], survey.Description)
        {
            Machine = survey.Configuration?.MachineName,
            Survey = survey,
        };
    }

    /// <summary>The devices whose names fit a pattern, taken apart one by one.</summary>
    internal IEnumerable<InspectedDevice> Devices(string? glob)
    {
        DescriptionCatalogue? catalogue = null;
        for (int i = 0; i < Sections.Count; i++)
        {
            DeviceSection section = Sections[i];
            if (glob is not null && !System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(glob, section.IdStr, ignoreCase: false))
                continue;
            if (DeviceReports.Find(Description, i, section) is { } described)
                yield return DeviceReports.Of(section, Offsets[i], described);
            else
                yield return DeviceReports.Of(section, Offsets[i], catalogue ??= RecordedCatalogue.For(Machine));
        }
    }

    internal static StateContents Read(Snapshot snapshot)
    {
        DeviceState state = snapshot.Devices.Save();
        VMDescription? description = null;
        try
        {
            description = state.Description.IsEmpty ? null : VMDescription.Parse(state.Description.Span, 0);
        }
        catch (WireException)
        {
            // A capture says it when it finds a description that is none; the sections are as good.
        }
        return new StateContents(state.Sections, [.. state.Sections.Select(_ => (long?)null)], description) { Machine = state.MachineName };
    }

    private static DeviceSection ToSection(WalkedSection section) =>
        new(section.IdStr, section.InstanceId, section.VersionId, section.SectionId, section.Body) { IsEarly = section.IsEarly };
}
