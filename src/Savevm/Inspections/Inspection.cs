using Savevm.Recorded;
using Savevm.Repository.Snapshots;
using Savevm.States.Reading;
using Savevm.States.Recordings;
using Savevm.States.Surveys;
using Savevm.Wire.Forward;
using Savevm.Wire.Iterable;

namespace Savevm.Inspections;

/// <summary>What <c>inspect</c> tells of a state.</summary>
internal static class Inspection
{
    internal static InspectReport Run(StateSubject subject, InspectRequest request, CancellationToken cancellationToken)
    {
        StateContents contents = StateContents.Read(subject, comparesPages: true, cancellationToken);
        // Taken apart one by one while they are printed.
        IEnumerable<InspectedDevice> devices = contents.Devices(request.DeviceGlob);
        return subject.Snapshot is { } snapshot
            ? OfSnapshot(snapshot, contents, devices, request.ReadRam, cancellationToken)
            : OfFile(subject, contents, devices);
    }

    /// <summary>Sections and commands as they follow each other.</summary>
    internal static IReadOnlyList<InspectedElement> Elements(StateSurvey survey) =>
    [
        .. survey.Sections.Select(Translate).Concat(survey.Devices.Select(Translate)).OrderBy(element => element.Offset),
    ];

    private static InspectReport OfFile(StateSubject subject, StateContents contents, IEnumerable<InspectedDevice> devices)
    {
        StateSurvey survey = contents.Survey!;
        var release = ReleaseGuess.Of(survey);
        (long distinct, long repeated) = survey.ComparePages();
        return new InspectReport
        {
            Name = subject.Name,
            Forms = [.. subject.File!.Layers.Select(layer => layer.Name)],
            Machine = contents.Machine,
            Capabilities = survey.Configuration?.Capabilities ?? [],
            Uuid = survey.Configuration?.Uuid,
            Release = release.ToString(),
            ReleaseReasons = release.Reasons,
            Elements = Elements(survey),
            Blocks = [.. survey.Blocks.Select(Translate)],
            DistinctPages = distinct,
            RepeatedPages = repeated,
            ComparedOneIn = survey.SampledOneIn,
            Devices = devices,
            DirtyBitmaps = [.. survey.Bitmaps.Select(Describe)],
            Recording = subject.File.Recording is { } recording ? Translate(recording) : null,
            Defects = [.. survey.Defects.Select(defect => new InspectedDefect(defect.Offset, defect.Finding))],
        };
    }

    private static InspectReport OfSnapshot(
        Snapshot snapshot, StateContents contents, IEnumerable<InspectedDevice> devices, bool readRam, CancellationToken cancellationToken)
    {
        SnapshotManifest manifest = snapshot.Manifest;
        RamSurvey? ram = readRam ? RamSurvey.Read(snapshot.Ram, cancellationToken) : null;
        return new InspectReport
        {
            Name = snapshot.Name,
            Forms = ["snapshot"],
            Machine = contents.Machine,
            Release = RecordedSource.Parse(manifest.Source).Version ?? "unknown",
            Elements =
            [
                .. contents.Sections.Select(section =>
                    new InspectedElement(null, "full", section.IdStr, section.InstanceId, section.VersionId, section.Body.Length, 1)),
            ],
            Blocks = ram is not null
                ? [.. ram.Blocks.Select(Translate).Select(block => block with { Records = null })]
                :
                [
                    .. manifest.RamBlocks.Select(stored => new InspectedBlock(stored.Block.IdStr, stored.Block.UsedLength)
                    {
                        Pages = stored.Block.PageCount,
                        SeenPages = stored.Block.PageCount,
                    }),
                ],
            DistinctPages = ram?.Compared.Distinct,
            RepeatedPages = ram?.Compared.Repeated,
            ComparedOneIn = ram?.SampledOneIn ?? 1,
            Devices = devices,
        };
    }

    private static InspectedRecording Translate(RecordingSurvey recording) => new()
    {
        Connections =
        [
            .. recording.Connections.Select(connection => new InspectedConnection(
                connection.Number, connection.Kind.ToString().ToLowerInvariant(), connection.ForwardBytes, connection.BackwardBytes, connection.Opened, connection.Last)),
        ],
        Length = recording.Length,
        IsWhole = recording.HasEnd,
        CutBytes = recording.CutBytes,
        Pongs = recording.Pongs,
        PageRequests = recording.Requests,
        RequestedPages = recording.DistinctRequests,
        Shut = recording.Shut,
        Bitmaps = recording.Bitmaps,
    };

    private static InspectedElement Translate(SurveyedSection section) =>
        new(section.Offset, SectionTypeTable.Find(section.Type)!.Name.ToLowerInvariant(), section.Name, null, null, section.Bytes, section.Count);

    private static InspectedElement Translate(WalkedSection section) =>
        new(section.Offset, "full", section.IdStr, section.InstanceId, section.VersionId, section.Bytes, 1)
        {
            Cut = section.Cut.ToString().ToLowerInvariant(),
        };

    private static InspectedBlock Translate(BlockCensus census) => new(census.Block.IdStr, (long)census.Block.UsedLength)
    {
        Pages = census.PageCount,
        SeenPages = census.SeenPages,
        ZeroPages = census.ZeroPages,
        Records = census.Records,
        DifferenceRecords = census.DifferenceRecords,
        CompressedRecords = census.CompressedRecords,
    };

    private static string Describe(MigratedBitmap bitmap) =>
        FormattableString.Invariant(
            $"{bitmap.NodeName}/{bitmap.Name}: {bitmap.DirtyGranules} dirty pieces of {bitmap.Granularity} bytes{(bitmap.IsComplete ? "" : ", not complete")}");
}
