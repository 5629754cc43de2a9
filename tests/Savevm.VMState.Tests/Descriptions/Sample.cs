namespace Savevm.VMState.Tests.Descriptions;

/// <summary>A device with a value of every kind.</summary>
internal sealed class Sample
{
    internal byte First;
    internal byte Last;
    internal sbyte I8;
    internal short I16;
    internal int I32;
    internal long I64;
    internal byte U8;
    internal ushort U16;
    internal uint U32;
    internal ulong U64;
    internal bool Flag;
    internal double Real;
    internal string Name = "";
    internal byte[] Bytes = new byte[8];
    internal ushort[] Shorts = new ushort[4];
    internal ulong[] Words = new ulong[3];
    internal Part Part;
    internal Part[] Parts = new Part[4];
    internal PartBox?[] Boxes = new PartBox?[4];
    internal List<PartBox> Queue = [];
    internal SortedDictionary<ulong, PartBox> Tree = [];
    internal List<string> Calls = [];
}
