using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Generator;

/// <summary>What attributes can say beyond plain fields: properties, parts of arrays, arrays that are made when they are loaded.</summary>
[VMState("all", Version = 1)]
internal sealed partial class AllDevice
{
    private uint _by;

    [VMStateField]
    internal byte Auto { get; set; }

    [VMStateField]
    internal WideMode AutoMode { get; set; }

    [VMStateField]
    internal ref uint ByReference => ref _by;

    [VMStateArray(2)]
    internal ushort[] Filled { get; } = new ushort[2];

    [VMStateArray(2)]
    internal readonly WideMode[] Modes = new WideMode[2];

    [VMStateArray(4)]
    internal readonly byte[,] Grid = new byte[2, 2];

    [VMStateArray(2, Start = 1)]
    internal readonly byte[] Middle = [9, 9, 9, 9];

    [VMStateBuffer(1, Start = 3)]
    internal readonly byte[] Tail = new byte[4];

    [VMStateField(IsFloat64 = true)]
    internal double Real;

    [VMStateTimer(2)]
    internal readonly long[] Timers = [-1, -1];

    [VMStateEqual(Hint = "set slots to what the source has")]
    internal byte Slots = 3;

    [VMStateField]
    internal byte Count;

    [VMStateUnused(2, CountField = nameof(Count))]
    [VMStateArray(CountField = nameof(Count), Limit = 100)]
    internal uint[] Words = [];

    [VMStateArray(CountField = nameof(Count), Limit = 100)]
    internal AllBox[] Boxes = [];

    [VMStateBuffer(CountField = nameof(Count), Limit = 100)]
    internal byte[] Bytes = [];

    [VMStateBitmap(CountField = nameof(Count), Limit = 100)]
    internal ulong[] Bits = [];

    [VMStateArray(CountField = nameof(Count), Pointers = true)]
    internal readonly AllBox?[] Pointers = [new AllBox(), null, null, null];

    [VMStateArray(CountField = nameof(Count), AllocatesElements = true, Limit = 100)]
    internal AllBox?[] Made = [];

    [VMStateTree]
    internal SortedDictionary<AllKey, AllBox> Tree = [];

    [VMStateField]
    internal byte[] Counted = [];

    [VMStateDescriptor]
    internal int Descriptor = -1;

    [VMStateValidate("few")]
    private bool IsFew() => Count < 5;
}
