namespace Savevm.Fuzz.Targets;

/// <summary>A device with a place for a value of every kind.</summary>
internal sealed class KindDevice
{
    internal sbyte I8;
    internal short I16;
    internal int I32 = 5;
    internal long I64;
    internal byte U8 = 3;
    internal ushort U16 = 3;
    internal uint U32 = 3;
    internal ulong U64 = 3;
    internal byte Count;
    internal bool Flag;
    internal double Real;
    internal string Name = "";
    internal byte[] Bytes = [];
    internal ulong[] Words = new ulong[4];
    internal uint[] Made = [];
    internal KindDevice?[] Boxes = [];
    internal List<KindDevice> Queue = [];
    internal SortedDictionary<ulong, KindDevice> Tree = [];
}
