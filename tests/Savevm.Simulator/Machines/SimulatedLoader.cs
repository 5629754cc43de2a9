using Savevm.Machine.Live;
using Savevm.Simulator.Scheduling;
using Savevm.Wire;

namespace Savevm.Simulator.Machines;

/// <summary>The counterpart of <see cref="SimulatedHandler"/>.</summary>
internal sealed class SimulatedLoader(Scheduler scheduler, bool needsApproval) : ILiveLoader
{
    private bool hasBegun;

    public List<ulong> Numbers { get; } = [];

    public int Begun { get; private set; }

    public int CleanedUp { get; private set; }

    public int SwitchoversSeen { get; private set; }

    public string IdStr => "numbers";

    public uint InstanceId => 7;

    public uint VersionId => 4;

    public bool NeedsApproval => needsApproval;

    public void Setup() => Begun++;

    public void Load(LiveInput input, uint versionId)
    {
        if (versionId != 3) throw new WireException(input.Offset, $"version {versionId}");
        if (!hasBegun)
        {
            hasBegun = true;
            if (input.ReadUInt32() != 0x6e756d62) throw new WireException(input.Offset, "no numbers");
            return;
        }
        for (var count = input.ReadUInt32(); count > 0; count--) Numbers.Add(input.ReadUInt64());
        if (needsApproval && scheduler.Random.Next(3) == 0) input.ApproveSwitchover();
    }

    public void SwitchoverStarted() => SwitchoversSeen++;

    public void Cleanup() => CleanedUp++;
}
