using System.Buffers.Binary;
using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>Bits in words of 64.</summary>
internal sealed class BitmapField<TDevice> : VMStateField<TDevice>
{
    private const int WordBits = 64;
    private readonly FieldSpan<TDevice, ulong> _words;
    private readonly ElementCount<TDevice> _bits;

    internal BitmapField(string name, FieldSpan<TDevice, ulong> words, ElementCount<TDevice> bits, FieldCondition<TDevice> condition)
        : base(name, VMStateFieldKind.Bitmap, condition)
    {
        _words = words;
        _bits = bits;
        ElementBytes = bits.Field is null ? WordsOf(bits.Fixed) * sizeof(ulong) : 0;
        CountField = bits.Field;
    }

    private protected override void SaveElement(ref TDevice device, int index, VMStateSaver saver)
    {
        Span<ulong> words = _words(ref device);
        int count = WordsOf(CheckCount(_bits.In(ref device), Room(words)));
        foreach (ulong word in words[..count])
            saver.Output.WriteUInt64(word);
    }

    internal override ElementCount<TDevice> Counted => _bits;

    private protected override void LoadElement(ref TDevice device, int index, ref VMStateLoader loader)
    {
        _bits.MakeRoom(ref device, ref loader, 1, "bits");
        Span<ulong> words = _words(ref device);
        int count = WordsOf(loader.CheckCount(_bits.In(ref device), Room(words), "bits"));
        ReadOnlySpan<byte> bytes = loader.Take(checked(count * sizeof(ulong)));
        for (int i = 0; i < count; i++)
            words[i] = BinaryPrimitives.ReadUInt64BigEndian(bytes[(i * sizeof(ulong))..]);
    }

    private static int Room(Span<ulong> words) => (int)Math.Min(int.MaxValue - WordBits, (long)words.Length * WordBits);

    private static int WordsOf(int bits) => (bits + WordBits - 1) / WordBits;
}
