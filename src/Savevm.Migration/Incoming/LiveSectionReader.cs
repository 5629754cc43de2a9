using Savevm.Machine;
using Savevm.Machine.Live;
using Savevm.Wire;
using Savevm.Wire.Forward;

namespace Savevm.Migration.Incoming;

/// <summary>The live sections of an incoming stream: finds who takes each, RAM or a loader, and lets it read. One thread.</summary>
internal sealed class LiveSectionReader(ForwardWindow first, PageReceiver pages, IReadOnlyList<ILiveLoader> loaders, SectionCollector devices)
{
    private ForwardWindow window = first;
    private readonly Dictionary<uint, (ILiveLoader? Loader, uint Version)> sections = [];
    private readonly HashSet<ILiveLoader> unapproved = [.. loaders.Where(loader => loader.NeedsApproval)];
    private readonly List<ILiveLoader> begun = [];

    /// <summary>The number of the RAM section; 0 before it began.</summary>
    public uint RamSectionId { get; private set; }

    /// <summary>The source may stop its machine.</summary>
    public bool IsApproved => unapproved.Count == 0;

    /// <summary>Called when the last loader that had to agree has.</summary>
    public Action? Approved { get; init; }

    /// <summary>A new connection begins where the last one broke.</summary>
    public void ContinueFrom(ForwardWindow next) => window = next;

    /// <summary>Reads a body whose header was consumed.</summary>
    /// <param name="header">The header.</param>
    /// <param name="at">Where it stood.</param>
    public void Read(in SectionHeader header, long at)
    {
        if (header.Type == SectionType.Start) Begin(header, at);
        if (!sections.TryGetValue(header.SectionId, out var section)) throw new WireException(at, $"section {header.SectionId} was never started");
        if (section.Loader is null) pages.ReceiveBody();
        else LoadInto(section.Loader, section.Version);
    }

    /// <summary>The source has stopped its machine.</summary>
    public void SwitchoverStarted()
    {
        foreach (var loader in begun) loader.SwitchoverStarted();
    }

    /// <summary>It is over.</summary>
    public void Cleanup()
    {
        foreach (var loader in begun) loader.Cleanup();
        begun.Clear();
    }

    // A method of its own: what the lambda holds is allocated where it is declared, and most sections are RAM.
    private void LoadInto(ILiveLoader loader, uint version) => loader.Load(new WindowInput(window, () => Approve(loader)), version);

    private void Begin(in SectionHeader header, long at)
    {
        var (idStr, instanceId) = (header.IdStr, header.InstanceId);
        if (sections.ContainsKey(header.SectionId)) throw new WireException(at, $"section {header.SectionId} starts twice");
        if (idStr == "ram" && instanceId == 0)
        {
            // The version of the RAM section has been 4 for as long as there are footers.
            if (header.VersionId != 4) throw new WireException(at, $"RAM section version {header.VersionId} is not 4");
            if (sections.Values.Any(section => section.Loader is null)) throw new WireException(at, "the RAM section starts twice");
            RamSectionId = header.SectionId;
            Add(header, null);
            return;
        }
        var loader = loaders.FirstOrDefault(loader => loader.IdStr == idStr && loader.InstanceId == instanceId)
            ?? throw new WireException(at, $"live section '{idStr}' {instanceId} cannot be taken here: {Known}");
        if (begun.Contains(loader)) throw new WireException(at, $"live section '{idStr}' {instanceId} starts twice");
        if (header.VersionId > loader.VersionId)
            throw new MachineRefusedException($"live section '{idStr}' {instanceId} has version {header.VersionId}, and this machine reads up to {loader.VersionId}");
        begun.Add(loader);
        Add(header, loader);
        loader.Setup();
    }

    private string Known => loaders.Count == 0 ? "only RAM is" : "only RAM is, and " + string.Join(", ", loaders.Select(loader => $"'{loader.IdStr}' {loader.InstanceId}"));

    private void Add(in SectionHeader header, ILiveLoader? loader)
    {
        sections.Add(header.SectionId, (loader, header.VersionId));
        devices.NoteLiveSection(header.SectionId);
    }

    private void Approve(ILiveLoader loader)
    {
        if (unapproved.Remove(loader) && IsApproved) Approved?.Invoke();
    }
}
