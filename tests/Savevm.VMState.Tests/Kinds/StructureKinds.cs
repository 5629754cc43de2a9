using Savevm.VMState.Attributes;
using Savevm.VMState.Saving;
using Savevm.VMState.Tests.Generator;

namespace Savevm.VMState.Tests.Kinds;

/// <summary>Structures of every kind: alone, in arrays with and without null, in queues, lists and trees.</summary>
[VMState("structures", Version = 1)]
internal sealed partial class StructureKinds
{
    private const int Most = 6;

    [VMStateField]
    internal WidePart Part;

    [VMStateArray(2)]
    internal readonly WidePart[] Parts = new WidePart[2];

    [VMStateField(StructVersion = 1)]
    internal AllBox Versioned = new();

    [VMStateTemporary(typeof(StructureForm))]
    internal ulong Number;

    [VMStateField]
    internal byte Count;

    [VMStateArray(CountField = nameof(Count), Pointers = true)]
    internal readonly AllBox?[] Pointers = new AllBox?[Most];

    [VMStateArray(CountField = nameof(Count), AllocatesElements = true, Limit = Most)]
    internal AllBox?[] Made = [];

    [VMStateArray(CountField = nameof(Count), Limit = Most)]
    internal AllBox[] Boxes = [];

    [VMStateQueue]
    internal List<WidePart> Queue = [];

    [VMStateQueue(IsList = true)]
    internal List<AllBox> List = [];

    [VMStateTree]
    internal SortedDictionary<ulong, AllBox> Tree = [];

    [VMStateTree]
    internal SortedDictionary<AllKey, AllBox> KeyTree = [];

    /// <summary>
    /// The description says how long the array of pointers is. Before 10.0 QEMU describes it by its first element, be it null or not; since
    /// then a first element that is there is said to be as many as the whole array has, those that are null come on top.
    /// </summary>
    internal bool ArePointersDescribed(DescriptionDialect dialect) =>
        Pointers.Take(Count).Select(pointer => pointer is null).Distinct().Count() < 2 || (dialect >= DescriptionDialect.Qemu100 && Pointers[0] is null);

    internal static StructureKinds Create(Random random)
    {
        byte count = (byte)random.Next(Most + 1);
        var device = new StructureKinds
        {
            Part = Wide(random),
            Versioned = Box(random),
            Number = (ulong)random.NextInt64(),
            Count = count,
            Made = [.. Enumerable.Range(0, count).Select(_ => random.Next(2) == 0 ? null : Box(random))],
            Boxes = [.. Enumerable.Range(0, count).Select(_ => Box(random))],
            Queue = [.. Enumerable.Range(0, random.Next(5)).Select(_ => Wide(random))],
            List = [.. Enumerable.Range(0, random.Next(5)).Select(_ => Box(random))],
        };
        foreach (ref WidePart part in device.Parts.AsSpan())
            part = Wide(random);
        foreach (ref AllBox? pointer in device.Pointers.AsSpan(0, count))
            pointer = random.Next(2) == 0 ? null : Box(random);
        for (int i = random.Next(5); i > 0; i--)
        {
            device.Tree[(ulong)random.NextInt64(long.MinValue, long.MaxValue)] = Box(random);
            device.KeyTree[new AllKey { Low = (ushort)random.Next(), High = (ushort)random.Next() }] = Box(random);
        }
        return device;
    }

    /// <summary>A device that must take the state of this one: null where this has null.</summary>
    internal StructureKinds Twin()
    {
        var twin = new StructureKinds();
        for (int i = 0; i < Most; i++)
            twin.Pointers[i] = Pointers[i] is null ? null : new AllBox();
        return twin;
    }

    internal string Told() => $"{Text(Part)} {string.Join(',', Parts.Select(Text))} {Versioned.A} {Number} {Count} {Text(Pointers)} {Text(Made)} {Text(Boxes)}"
        + $" {string.Join(',', Queue.Select(Text))} {Text(List)} {string.Join(',', Tree.Select(pair => $"{pair.Key}={pair.Value.A}"))}"
        + $" {string.Join(',', KeyTree.Select(pair => $"{pair.Key.Low}/{pair.Key.High}={pair.Value.A}"))}";

    private static string Text(WidePart part) => $"{part.A}/{part.B}";

    private static string Text(IEnumerable<AllBox?> boxes) => string.Join(',', boxes.Select(box => box is null ? "null" : $"{box.A}"));

    private static AllBox Box(Random random) => new() { A = (byte)random.Next() };

    private static WidePart Wide(Random random) => new() { A = (byte)random.Next(), B = (ulong)random.NextInt64() };
}
