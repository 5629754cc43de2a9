using Savevm.Machine;
using Savevm.Machine.Live;
using Savevm.Wire;

namespace Savevm.Migration.Tests.Doubles;

/// <summary>A live section of numbers, at the source.</summary>
internal sealed class NumbersHandler(string idStr, int count) : ILiveHandler
{
    private readonly Random random = new(idStr.Length);
    private int sent;

    public List<ulong> Numbers { get; } = [.. Enumerable.Range(1, count).Select(number => (ulong)number)];

    public int Prepared { get; private set; }

    public int CleanedUp { get; private set; }

    /// <summary>How often it was asked for a part.</summary>
    public int Iterations { get; private set; }

    /// <summary>Numbers that were left for the end.</summary>
    public int LeftForTheEnd { get; private set; }

    /// <summary>So many numbers are added each time it was asked, as a running machine would.</summary>
    public int Growth { get; set; }

    public string? RefusesBecause { get; init; }

    public uint Version { get; init; } = 2;

    public string IdStr => idStr;

    public uint InstanceId => 0;

    public uint VersionId => Version;

    public bool IsActive { get; init; } = true;

    public bool CanPostcopy { get; init; }

    public bool IsPostcopyOnly { get; init; }

    public void Prepare()
    {
        Prepared++;
        if (RefusesBecause is { } reason) throw new MachineRefusedException(reason);
    }

    public void Setup(WireWriter output) => output.WriteByte(0x55);

    public PendingState Pending(bool isExact)
    {
        var left = (Numbers.Count - sent) * 8L;
        return IsPostcopyOnly ? new PendingState(0, 0, left) : CanPostcopy ? new PendingState(0, left, 0) : new PendingState(left, 0, 0);
    }

    public bool Iterate(WireWriter output, int budget)
    {
        Iterations++;
        if (IsPostcopyOnly) return true;
        Send(output, Math.Min(random.Next(1, 200), Numbers.Count - sent));
        for (var index = 0; index < Growth; index++) Numbers.Add((ulong)Numbers.Count * 3);
        return sent == Numbers.Count || Growth > 0;
    }

    public void Complete(WireWriter output)
    {
        LeftForTheEnd = Numbers.Count - sent;
        Send(output, LeftForTheEnd);
    }

    public void Cleanup() => CleanedUp++;

    private void Send(WireWriter output, int count)
    {
        output.WriteUInt32((uint)count);
        for (; count > 0; count--) output.WriteUInt64(Numbers[sent++]);
    }
}
