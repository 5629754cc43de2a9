using Savevm.VMState.Fields;

namespace Savevm.VMState.Descriptions;

/// <content>Bytes: buffers, bitmaps, names, bytes without meaning, and what the device writes itself.</content>
public sealed partial class VMStateBuilder<TDevice>
{
    /// <summary>Adds bytes as they are.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="bytes">Where they are.</param>
    /// <param name="count">Number of bytes.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Buffer(
        string name, FieldSpan<TDevice, byte> bytes, int count, uint since = 0, FieldTest<TDevice>? when = null) =>
        Add(new BufferField<TDevice>(name, Given(bytes), Fixed(count), new(since, when)));

    /// <summary>Adds as many bytes as an earlier field tells, times a factor.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="bytes">Where they are: room for the most there can be.</param>
    /// <param name="countField">Name of the earlier field.</param>
    /// <param name="count">Reads it.</param>
    /// <param name="factor">Bytes for each one of it.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Buffer(
        string name,
        FieldSpan<TDevice, byte> bytes,
        string countField,
        FieldCount<TDevice> count,
        int factor = 1,
        uint since = 0,
        FieldTest<TDevice>? when = null) =>
        Add(new BufferField<TDevice>(name, Given(bytes), Variable(countField, count, factor), new(since, when)));

    /// <summary>Adds bits.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="words">Where they are: bit n is bit n mod 64 of word n / 64.</param>
    /// <param name="bits">Number of bits.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Bitmap(
        string name, FieldSpan<TDevice, ulong> words, int bits, uint since = 0, FieldTest<TDevice>? when = null) =>
        Add(new BitmapField<TDevice>(name, Given(words), Fixed(bits), new(since, when)));

    /// <summary>Adds as many bits as an earlier field tells.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="words">Where they are: room for the most there can be.</param>
    /// <param name="bitsField">Name of the earlier field.</param>
    /// <param name="bits">Reads it.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Bitmap(
        string name,
        FieldSpan<TDevice, ulong> words,
        string bitsField,
        FieldCount<TDevice> bits,
        uint since = 0,
        FieldTest<TDevice>? when = null) =>
        Add(new BitmapField<TDevice>(name, Given(words), Variable(bitsField, bits), new(since, when)));

    /// <summary>Adds bytes without meaning.</summary>
    /// <param name="bytes">Number of bytes.</param>
    /// <param name="name">Name of the field.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Unused(int bytes, string name = "unused", uint since = 0, FieldTest<TDevice>? when = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        return Add(new UnusedField<TDevice>(name, bytes, null, new(since, when)));
    }

    /// <summary>Adds so many bytes without meaning as often as an earlier field tells.</summary>
    /// <param name="bytes">Number of bytes for each one of it.</param>
    /// <param name="countField">Name of the earlier field.</param>
    /// <param name="count">Reads it.</param>
    /// <param name="name">Name of the field.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Unused(
        int bytes, string countField, FieldCount<TDevice> count, string name = "unused", uint since = 0, FieldTest<TDevice>? when = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        return Add(new UnusedField<TDevice>(name, bytes, Variable(countField, count), new(since, when)));
    }

    /// <summary>
    /// Adds a descriptor, which travels beside the bytes: <see cref="Saving.VMStateSaver.Descriptors"/> has those of what was saved, a
    /// loader is given those that came.
    /// </summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="value">Where its number is.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Descriptor(string name, FieldRef<TDevice, int> value, uint since = 0, FieldTest<TDevice>? when = null) =>
        Add(new DescriptorField<TDevice>(name, Given(value), new(since, when)));

    /// <summary>Adds a name behind a byte of its length.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="value">Where it is.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> CountedName(
        string name, FieldRef<TDevice, string> value, uint since = 0, FieldTest<TDevice>? when = null) =>
        Add(new CountedNameField<TDevice>(name, Given(value), new(since, when)));

    /// <summary>Adds bytes behind four bytes of their number. The array is made when it is loaded.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="value">Where it is.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> CountedBytes(
        string name, FieldRef<TDevice, byte[]> value, uint since = 0, FieldTest<TDevice>? when = null) =>
        Add(new CountedBytesField<TDevice>(name, Given(value), new(since, when)));

    /// <summary>Adds a field that the device writes itself.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="typeName">Name of its kind in the description, such as <c>pci config</c>.</param>
    /// <param name="code">Writes and reads it.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Custom(
        string name, string typeName, ICustomField<TDevice> code, uint since = 0, FieldTest<TDevice>? when = null)
    {
        RequireName(typeName);
        return Add(new CustomField<TDevice>(name, typeName, Given(code), new(since, when)));
    }
}
