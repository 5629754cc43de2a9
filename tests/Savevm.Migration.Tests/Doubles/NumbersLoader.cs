using Savevm.Machine.Live;
using Savevm.Wire;

namespace Savevm.Migration.Tests.Doubles;

/// <summary>A live section of numbers, at the destination.</summary>
internal sealed class NumbersLoader(string idStr) : ILiveLoader
{
    private bool hasHead;

    public List<ulong> Numbers { get; } = [];

    public int Begun { get; private set; }

    public int CleanedUp { get; private set; }

    public int Started { get; private set; }

    /// <summary>How many bodies it reads before it agrees to the switch-over; null: nobody waits for it.</summary>
    public int? AgreesAfter { get; init; }

    public int Bodies { get; private set; }

    public string IdStr => idStr;

    public uint InstanceId => 0;

    public uint VersionId => 2;

    public bool NeedsApproval => AgreesAfter is not null;

    public void Setup() => Begun++;

    public void Load(LiveInput input, uint versionId)
    {
        if (!hasHead)
        {
            hasHead = true;
            if (input.ReadByte() != 0x55) throw new WireException(input.Offset, "no numbers");
            return;
        }
        for (var count = input.ReadUInt32(); count > 0; count--) Numbers.Add(input.ReadUInt64());
        if (++Bodies == AgreesAfter) input.ApproveSwitchover();
    }

    public void SwitchoverStarted() => Started++;

    public void Cleanup() => CleanedUp++;
}
