using Savevm.Machine.Live;
using Savevm.Simulator.Scheduling;
using Savevm.Wire;

namespace Savevm.Simulator.Machines;

/// <summary>A live section beside RAM: a list of numbers that grows while the machine runs.</summary>
internal sealed class SimulatedHandler(Scheduler scheduler) : ILiveHandler
{
    private const int NumberBytes = sizeof(ulong);

    private int sent;

    public List<ulong> Numbers { get; } = [1, 2, 3];

    public int Prepared { get; private set; }

    public int CleanedUp { get; private set; }

    public string IdStr => "numbers";

    public uint InstanceId => 7;

    public uint VersionId => 3;

    public bool IsActive => true;

    public bool CanPostcopy { get; init; }

    /// <summary>The machine did something.</summary>
    public void Add() => Numbers.Add(Numbers[^1] + (ulong)scheduler.Random.Next(1, 9));

    public void Prepare() => Prepared++;

    public void Setup(WireWriter output) => output.WriteUInt32(0x6e756d62);

    public PendingState Pending(bool isExact)
    {
        var left = (long)(Numbers.Count - sent) * NumberBytes;
        return CanPostcopy ? new PendingState(0, left, 0) : new PendingState(left, 0, 0);
    }

    public bool Iterate(WireWriter output, int budget)
    {
        Send(output, Math.Min(Numbers.Count - sent, scheduler.Random.Next(1, 4)));
        return sent == Numbers.Count;
    }

    public void Complete(WireWriter output) => Send(output, Numbers.Count - sent);

    public void Cleanup() => CleanedUp++;

    private void Send(WireWriter output, int count)
    {
        output.WriteUInt32((uint)count);
        for (; count > 0; count--) output.WriteUInt64(Numbers[sent++]);
    }
}
