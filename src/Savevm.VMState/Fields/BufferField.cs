using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Fields;

/// <summary>Bytes as they are: all that the device has room for, or as many as an earlier field tells.</summary>
internal sealed class BufferField<TDevice> : VMStateField<TDevice>
{
    private readonly FieldSpan<TDevice, byte> _bytes;
    private readonly ElementCount<TDevice> _count;

    internal BufferField(string name, FieldSpan<TDevice, byte> bytes, ElementCount<TDevice> count, FieldCondition<TDevice> condition)
        : base(name, VMStateFieldKind.Buffer, condition)
    {
        _bytes = bytes;
        _count = count;
        ElementBytes = count.Fixed;
        CountField = count.Field;
    }

    private protected override void SaveElement(ref TDevice device, int index, VMStateSaver saver)
    {
        Span<byte> bytes = _bytes(ref device);
        saver.Output.WriteBytes(bytes[..CheckCount(_count.In(ref device), bytes.Length)]);
    }

    internal override ElementCount<TDevice> Counted => _count;

    private protected override void LoadElement(ref TDevice device, int index, ref VMStateLoader loader)
    {
        _count.MakeRoom(ref device, ref loader, 8, "bytes");
        Span<byte> bytes = _bytes(ref device);
        int count = loader.CheckCount(_count.In(ref device), bytes.Length, "bytes");
        loader.Take(count).CopyTo(bytes);
    }
}
