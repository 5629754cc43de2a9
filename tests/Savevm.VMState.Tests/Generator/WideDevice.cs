using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Generator;

/// <summary>A device of every plain form, with what is not plain between, so that its code has runs and seams.</summary>
[VMState("wide", Version = 4, MinimumVersion = 2)]
[VMStateSubsection("wide/inner", Version = 1, Needed = nameof(HasInner))]
[VMStateSubsection("wide/inner/deep", Parent = "wide/inner", Needed = nameof(HasDeep))]
internal sealed partial class WideDevice
{
    [VMStateField]
    internal byte U8;

    [VMStateField]
    internal sbyte I8;

    [VMStateField]
    internal ushort U16;

    [VMStateField]
    internal short I16;

    [VMStateField]
    internal uint U32;

    [VMStateField(Since = 2)]
    internal int I32;

    [VMStateField(Since = 3)]
    internal ulong U64;

    [VMStateField(Since = 3)]
    internal long I64;

    [VMStateUnused(3)]
    [VMStateField]
    internal bool Flag;

    [VMStateField]
    internal double Real;

    [VMStateField]
    internal WideMode Mode;

    [VMStateArray(5)]
    internal readonly ushort[] Shorts = new ushort[6];

    [VMStateBuffer(7)]
    internal readonly byte[] Bytes = new byte[8];

    [VMStateArray(3, Since = 4)]
    internal readonly long[] Longs = new long[3];

    [VMStateField]
    internal byte Count;

    [VMStateArray(CountField = nameof(Count))]
    internal readonly uint[] Words = new uint[4];

    [VMStateTimer]
    internal long Timer;

    [VMStateField]
    internal WidePart Part;

    [VMStateArray(2)]
    internal readonly WidePart[] Parts = new WidePart[2];

    [VMStateField(When = nameof(IsFlagged))]
    internal uint Optional;

    [VMStateQueue]
    internal List<WidePart> Queue = [];

    [VMStateField(Subsection = "wide/inner")]
    internal uint Inner;

    [VMStateField(Subsection = "wide/inner/deep")]
    internal uint Deep;

    internal int Loads;

    private bool IsFlagged(uint version) => Flag && version >= 2;

    private bool HasInner() => Inner != 0 || HasDeep();

    private bool HasDeep() => Deep != 0;

    [VMStatePreLoad]
    private void Reset()
    {
        Inner = 0;
        Deep = 0;
    }

    [VMStatePostLoad]
    private string? Accept(uint version)
    {
        Loads++;
        return Mode == WideMode.Forbidden ? $"a mode that is forbidden since version {version}" : null;
    }
}
