using Savevm.States.Opening;
using Savevm.States.Reading;
using Savevm.States.Recordings;
using Savevm.States.Surveys;
using Savevm.Wire;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Forward;
using Savevm.Wire.Iterable;

namespace Savevm.Inspections;

/// <summary>
/// Reads all of a file and checks all that can be checked: what the wire layer refuses, footers, ids, coverage of RAM, payloads, the
/// description against the bytes it describes.
/// </summary>
internal sealed class StreamVerification
{
    private const string Ram = "ram";

    private readonly StateSurvey _survey = new();
    private readonly List<InspectedDefect> _defects = [];
    private readonly List<string> _checks = [];
    private readonly List<string> _remarks = [];
    private RecordingSurvey? _recording;

    internal static VerifyReport Run(string name, SavedStateFile file, CancellationToken cancellationToken)
    {
        var verification = new StreamVerification();
        long begin = file.ContentOffset;
        using var input = new StateInput(file);
        verification._survey.Read(input, null, cancellationToken);
        verification._recording = file.Recording;
        verification.Judge();
        return new VerifyReport(name, [.. file.Layers.Select(layer => layer.Name)])
        {
            BytesRead = input.Offset - begin,
            Checks = verification._checks,
            Defects = [.. verification._defects.OrderBy(defect => defect.Offset ?? long.MaxValue)],
            UnlistedDefects = verification._survey.UnlistedDefects,
            Remarks = verification._remarks,
        };
    }

    private void Judge()
    {
        foreach (StateDefect defect in _survey.Defects)
            Add(defect.Offset, defect.Finding);
        _checks.Add(FormattableString.Invariant(
            $"{_survey.Sections.Sum(section => section.Count) + _survey.Devices.Count} sections and commands, their footers and ids"));
        JudgeRecording();
        // Of a stream that breaks off the rest is missing, and that is said.
        bool isWhole = _survey.StreamEnd is not null;
        if (isWhole)
        {
            JudgeOrder();
            JudgeCoverage();
        }
        JudgeDevices();
        foreach (MigratedBitmap bitmap in _survey.Bitmaps)
        {
            if (isWhole && !bitmap.IsComplete)
                Add(_survey.StreamEnd, $"dirty bitmap '{bitmap.NodeName}' '{bitmap.Name}' is not complete");
        }
    }

    private void JudgeRecording()
    {
        if (_recording is not { } recording)
            return;
        _checks.Add(FormattableString.Invariant($"{recording.Records} records of a recording, their lengths and check sums, {recording.Connections.Count} connections"));
        if (!recording.HasEnd)
            _remarks.Add(FormattableString.Invariant($"the recording has no end: it was cut off, or the migration was; {recording.CutBytes} bytes are no whole record"));
        if (recording.Shut is { } code and not 0)
            _remarks.Add(FormattableString.Invariant($"the destination refused the state (SHUT {code})"));
    }

    private void JudgeOrder()
    {
        if (_survey.Devices.Count == 0)
            Add(_survey.StreamEnd, "a stream without devices");
        var names = new HashSet<(string, uint)>();
        var ids = new HashSet<uint>();
        foreach (WalkedSection section in _survey.Devices)
        {
            if (!names.Add((section.IdStr, section.InstanceId)))
                Add(section.Offset, $"device '{section.IdStr}' {section.InstanceId} is there twice");
            if (!ids.Add(section.SectionId))
                Add(section.Offset, $"section id {section.SectionId} is there twice");
        }
        SurveyedSection? start = _survey.Sections.FirstOrDefault(section => section.Name == Ram && section.Type == SectionType.Start);
        SurveyedSection? end = _survey.Sections.FirstOrDefault(section => section.Name == Ram && section.Type == SectionType.End);
        if (start is null)
            _remarks.Add("there is no RAM in it: the state of the devices alone");
        else if (end is null)
            _remarks.Add("RAM has no END section, as in a background snapshot");
        if (end is not null && !_survey.IsPostcopy && _survey.Devices.FirstOrDefault(section => !section.IsEarly && section.Offset < end.Offset) is { } early)
            _remarks.Add(FormattableString.Invariant($"device '{early.IdStr}' stands at 0x{early.Offset:x}, before the end of RAM; QEMU takes that"));
    }

    private void JudgeCoverage()
    {
        bool isMapped = _survey.Blocks.Any(block => block.Block.MappedRam is not null);
        long pages = _survey.Blocks.Sum(block => block.SeenPages);
        _checks.Add(FormattableString.Invariant(
            $"{_survey.Blocks.Count} RAM blocks, {pages} pages in {_survey.Blocks.Sum(block => block.Records)} records, their payloads"));
        if (isMapped)
        {
            _remarks.Add("pages that a mapped-ram file does not hold are zero");
            return;
        }
        // Pages of shared memory do not travel, and with multifd they travel on other connections.
        foreach (BlockCensus block in _survey.Blocks.Where(block => block.Records == 0))
            _remarks.Add($"no page of block '{block.Block.IdStr}' is in it: memory that was ignored, or that travelled on other connections");
        HashSet<string> empty = [.. _survey.Blocks.Where(block => block.Records == 0).Select(block => block.Block.IdStr)];
        if (_recording is { Connections.Count: > 1 })
        {
            _remarks.Add("pages may have travelled on the other connections of the recording: whether RAM is whole is not judged");
            return;
        }
        foreach ((Wire.Ram.RamSetupBlock block, long first, long count) in _survey.MissingPages())
        {
            if (!empty.Contains(block.IdStr))
            {
                Add(_survey.StreamEnd, FormattableString.Invariant(
                    $"block '{block.IdStr}' is not whole: {count} pages from 0x{first * 4096:x} on were never sent"));
            }
        }
    }

    private void JudgeDevices()
    {
        long decoded = 0;
        long total = 0;
        if (_survey.Devices is [{ HasFooter: false } first, ..])
        {
            string guide = first.Cut == SectionCut.Catalogue ? "the catalogue" : "the description";
            _remarks.Add($"a stream without footers, as machine types up to 2.3 have it: {guide} tells where its sections end");
        }
        for (int i = 0; i < _survey.Devices.Count; i++)
        {
            WalkedSection section = _survey.Devices[i];
            if (section.Cut == SectionCut.Ambiguous)
                _remarks.Add($"where device '{section.IdStr}' {section.InstanceId} ends is a guess: its bytes hold more than one footer of its own");
            if (section.Cut == SectionCut.Catalogue && section.HasFooter)
                _remarks.Add($"device '{section.IdStr}' {section.InstanceId} holds bytes that look like its own footer; the catalogue tells where it ends");
            if (section.Cut == SectionCut.Description && section.HasFooter)
                _remarks.Add($"device '{section.IdStr}' {section.InstanceId} holds bytes that look like its own footer; the description tells where it ends");
            var device = new Machine.VMState.DeviceSection(section.IdStr, section.InstanceId, section.VersionId, section.SectionId, section.Body);
            total += section.Body.Length;
            if (DeviceReports.Find(_survey.Description, i, device) is not { } described)
                continue;
            decoded += Judge(section, device, described);
        }
        _checks.Add(_survey.Description is null
            ? FormattableString.Invariant($"{_survey.Devices.Count} device sections; no description says what is in them")
            : FormattableString.Invariant($"{_survey.Devices.Count} device sections against their description, {decoded} of {total} bytes in fields of known meaning"));
    }

    private long Judge(WalkedSection section, Machine.VMState.DeviceSection device, DescribedDevice described)
    {
        if (!described.IsLegacy && described.Body.Version != section.VersionId)
            Add(section.Offset, $"version {section.VersionId} of device '{section.IdStr}', its description says {described.Body.Version}");
        try
        {
            DescribedBody.Check(described, section.Body.Span, section.BodyOffset);
        }
        catch (WireException defect)
        {
            Add(defect.Offset, $"device '{section.IdStr}': {defect.Reason}");
            return 0;
        }
        InspectedDevice decoded = DeviceReports.Of(device, section.BodyOffset, described);
        _defects.AddRange(decoded.Defects);
        return decoded.DecodedBytes;
    }

    private void Add(long? offset, string finding) => _defects.Add(new InspectedDefect(offset, finding));
}
