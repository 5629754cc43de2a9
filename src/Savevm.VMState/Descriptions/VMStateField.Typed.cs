using System.Globalization;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Descriptions;

/// <summary>A field with its way into a device of type <typeparamref name="TDevice"/>. Immutable; any thread may use it.</summary>
/// <typeparam name="TDevice">The device, or the structure in it, a class or a value.</typeparam>
public abstract class VMStateField<TDevice> : VMStateField
{
    /// <summary>What stands for an element that is a null pointer.</summary>
    private protected const byte NullPointerMark = (byte)'0';

    /// <summary>What stands before an element of an array whose elements are made when they are loaded.</summary>
    private protected const byte PointerMark = (byte)'1';

    private readonly FieldTest<TDevice>? _when;

    private protected VMStateField(string name, VMStateFieldKind kind, FieldCondition<TDevice> condition)
        : base(name, kind)
    {
        _when = condition.When;
        FromVersion = condition.Since;
        IsConditional = _when is not null;
    }

    internal bool IsThere(ref TDevice device, uint version) => _when is null ? FromVersion <= version : _when(ref device, version);

    /// <summary>What counts its elements; null where there is nothing to count.</summary>
    internal virtual ElementCount<TDevice>? Counted => null;

    /// <summary>Number of elements of a device that is saved, checked against the room that it has.</summary>
    private protected virtual int CountToSave(ref TDevice device) => 1;

    /// <summary>Number of elements of a device that is loaded, checked, with room for them.</summary>
    private protected virtual int CountToLoad(ref TDevice device, ref VMStateLoader loader) => 1;

    private protected abstract void SaveElement(ref TDevice device, int index, VMStateSaver saver);

    private protected abstract void LoadElement(ref TDevice device, int index, ref VMStateLoader loader);

    private protected virtual bool IsNull(ref TDevice device, int index) => false;

    internal void Save(ref TDevice device, VMStateSaver saver)
    {
        int count = CountToSave(ref device);
        if (saver.Json is not null)
        {
            SaveDescribed(ref device, count, saver);
            return;
        }
        for (int i = 0; i < count; i++)
            SaveElementOrMark(ref device, i, IsPointerArray && IsNull(ref device, i), saver);
    }

    internal void Load(ref TDevice device, ref VMStateLoader loader)
    {
        int index = 0;
        bool isElement = false;
        try
        {
            int count = CountToLoad(ref device, ref loader);
            isElement = IsArray;
            for (; index < count; index++)
            {
                if (IsPointerArray && !IsMarked && IsNull(ref device, index))
                    LoadMark(ref loader);
                else
                    LoadElement(ref device, index, ref loader);
            }
        }
        catch (VMStateLoadException exception) when (exception.In(Name, isElement ? index : null))
        {
            throw;
        }
    }

    // The order and the omissions are QEMU's: which of its releases says what is in the page of the wire format.
    private void SaveDescribed(ref TDevice device, int count, VMStateSaver saver)
    {
        DescriptionText json = saver.Json!;
        if (IsMarked)
        {
            SaveMarked(ref device, count, saver, json);
            return;
        }
        DescriptionText? told = json;
        bool isNewer = saver.Dialect >= DescriptionDialect.Qemu100;
        bool wasNull = false;
        for (int i = 0; i < count; i++)
        {
            bool isNull = IsPointerArray && IsNull(ref device, i);
            int run = isNewer ? count - i : count;
            if (isNewer && IsPointerArray && isNull != wasNull)
            {
                wasNull = isNull;
                told = json;
                run = RunLength(ref device, i, count, isNull);
            }
            if (isNewer && !IsUniform && saver.Dialect >= DescriptionDialect.Qemu111)
                run = 1;
            saver.Json = told;
            int start = saver.Output.Length;
            bool isPlainMark = isNull && isNewer;
            if (told is not null)
                StartEntry(told, i, run, isPlainMark ? NullTypeName(saver.Dialect) : null);
            SaveElementOrMark(ref device, i, isNull, saver);
            if (told is not null)
                EndEntry(told, saver.Output.Length - start, isPlainMark);
            if (IsUniform)
                told = null;
        }
        saver.Json = json;
    }

    private int RunLength(ref TDevice device, int start, int count, bool isNull)
    {
        int end = start + 1;
        while (end < count && IsNull(ref device, end) == isNull)
            end++;
        return end - start;
    }

    // Two entries for an element: its mark, and itself where it is there. All have the name of the field and no number.
    private void SaveMarked(ref TDevice device, int count, VMStateSaver saver, DescriptionText json)
    {
        for (int i = 0; i < count; i++)
        {
            bool isNull = IsNull(ref device, i);
            StartEntry(json, i, 1, NullTypeName(DescriptionDialect.Qemu111));
            saver.Output.WriteByte(isNull ? NullPointerMark : PointerMark);
            EndEntry(json, 1, true);
            if (isNull)
                continue;
            int start = saver.Output.Length;
            StartEntry(json, i, 1, null);
            SaveElement(ref device, i, saver);
            EndEntry(json, saver.Output.Length - start, false);
        }
    }

    private static string NullTypeName(DescriptionDialect dialect) => dialect >= DescriptionDialect.Qemu111 ? "ptr-marker" : "nullptr";

    private void StartEntry(DescriptionText json, int index, int run, string? mark)
    {
        bool isPlainMark = mark is not null;
        json.StartObject();
        json.Member("name", UniqueName);
        if (run > 1)
        {
            bool isOnce = isPlainMark || IsUniform;
            json.Member(isOnce ? "array_len" : "index", isOnce ? run : index);
        }
        json.Member("type", mark ?? TypeName);
        if (Kind == VMStateFieldKind.Struct && !isPlainMark)
            json.StartObject("struct");
    }

    private void EndEntry(DescriptionText json, int bytes, bool isPlainMark)
    {
        if (Kind == VMStateFieldKind.Struct && !isPlainMark)
            json.EndObject();
        json.Member("size", bytes);
        json.EndObject();
    }

    private void SaveElementOrMark(ref TDevice device, int index, bool isNull, VMStateSaver saver)
    {
        if (isNull || IsMarked)
            saver.Output.WriteByte(isNull ? NullPointerMark : PointerMark);
        if (!isNull)
            SaveElement(ref device, index, saver);
    }

    private static void LoadMark(ref VMStateLoader loader)
    {
        byte mark = loader.TakeByte();
        if (mark != NullPointerMark)
            throw loader.Error(1, "0x30, the mark of a null pointer", string.Create(CultureInfo.InvariantCulture, $"0x{mark:x2}"));
    }

    /// <summary>Refuses to save more elements than there are.</summary>
    private protected int CheckCount(long count, int room)
    {
        if (count < 0 || count > room)
            throw new VMStateSaveException(Name, string.Create(CultureInfo.InvariantCulture, $"{count} elements of an array of {room}"));
        return (int)count;
    }
}
