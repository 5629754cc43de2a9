using Savevm.VMState.Fields;

namespace Savevm.VMState.Descriptions;

/// <content>Arrays of plain values: fixed, or with as many elements as an earlier field tells.</content>
public sealed partial class VMStateBuilder<TDevice>
{
    /// <summary>Adds an array.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Where it is.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Array(
        string name, FieldSpan<TDevice, sbyte> values, int count, uint since = 0, FieldTest<TDevice>? when = null) =>
        Values<sbyte, IntegerScalar<sbyte>>(name, VMStateFieldKind.Int8, values, Fixed(count), since, when);

    /// <summary>Adds an array with as many elements as an earlier field tells.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Where it is: room for the most there can be.</param>
    /// <param name="countField">Name of the earlier field.</param>
    /// <param name="count">Reads it.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Array(
        string name,
        FieldSpan<TDevice, sbyte> values,
        string countField,
        FieldCount<TDevice> count,
        uint since = 0,
        FieldTest<TDevice>? when = null) =>
        Values<sbyte, IntegerScalar<sbyte>>(name, VMStateFieldKind.Int8, values, Variable(countField, count), since, when);

    /// <summary>Adds an array.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Where it is.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Array(
        string name, FieldSpan<TDevice, short> values, int count, uint since = 0, FieldTest<TDevice>? when = null) =>
        Values<short, IntegerScalar<short>>(name, VMStateFieldKind.Int16, values, Fixed(count), since, when);

    /// <summary>Adds an array with as many elements as an earlier field tells.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Where it is: room for the most there can be.</param>
    /// <param name="countField">Name of the earlier field.</param>
    /// <param name="count">Reads it.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Array(
        string name,
        FieldSpan<TDevice, short> values,
        string countField,
        FieldCount<TDevice> count,
        uint since = 0,
        FieldTest<TDevice>? when = null) =>
        Values<short, IntegerScalar<short>>(name, VMStateFieldKind.Int16, values, Variable(countField, count), since, when);

    /// <summary>Adds an array.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Where it is.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Array(
        string name, FieldSpan<TDevice, int> values, int count, uint since = 0, FieldTest<TDevice>? when = null) =>
        Values<int, IntegerScalar<int>>(name, VMStateFieldKind.Int32, values, Fixed(count), since, when);

    /// <summary>Adds an array with as many elements as an earlier field tells.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Where it is: room for the most there can be.</param>
    /// <param name="countField">Name of the earlier field.</param>
    /// <param name="count">Reads it.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Array(
        string name,
        FieldSpan<TDevice, int> values,
        string countField,
        FieldCount<TDevice> count,
        uint since = 0,
        FieldTest<TDevice>? when = null) =>
        Values<int, IntegerScalar<int>>(name, VMStateFieldKind.Int32, values, Variable(countField, count), since, when);

    /// <summary>Adds an array.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Where it is.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Array(
        string name, FieldSpan<TDevice, long> values, int count, uint since = 0, FieldTest<TDevice>? when = null) =>
        Values<long, IntegerScalar<long>>(name, VMStateFieldKind.Int64, values, Fixed(count), since, when);

    /// <summary>Adds an array with as many elements as an earlier field tells.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Where it is: room for the most there can be.</param>
    /// <param name="countField">Name of the earlier field.</param>
    /// <param name="count">Reads it.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Array(
        string name,
        FieldSpan<TDevice, long> values,
        string countField,
        FieldCount<TDevice> count,
        uint since = 0,
        FieldTest<TDevice>? when = null) =>
        Values<long, IntegerScalar<long>>(name, VMStateFieldKind.Int64, values, Variable(countField, count), since, when);

    /// <summary>Adds an array.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Where it is.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Array(
        string name, FieldSpan<TDevice, byte> values, int count, uint since = 0, FieldTest<TDevice>? when = null) =>
        Values<byte, IntegerScalar<byte>>(name, VMStateFieldKind.UInt8, values, Fixed(count), since, when);

    /// <summary>Adds an array with as many elements as an earlier field tells.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Where it is: room for the most there can be.</param>
    /// <param name="countField">Name of the earlier field.</param>
    /// <param name="count">Reads it.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Array(
        string name,
        FieldSpan<TDevice, byte> values,
        string countField,
        FieldCount<TDevice> count,
        uint since = 0,
        FieldTest<TDevice>? when = null) =>
        Values<byte, IntegerScalar<byte>>(name, VMStateFieldKind.UInt8, values, Variable(countField, count), since, when);

    /// <summary>Adds an array.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Where it is.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Array(
        string name, FieldSpan<TDevice, ushort> values, int count, uint since = 0, FieldTest<TDevice>? when = null) =>
        Values<ushort, IntegerScalar<ushort>>(name, VMStateFieldKind.UInt16, values, Fixed(count), since, when);

    /// <summary>Adds an array with as many elements as an earlier field tells.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Where it is: room for the most there can be.</param>
    /// <param name="countField">Name of the earlier field.</param>
    /// <param name="count">Reads it.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Array(
        string name,
        FieldSpan<TDevice, ushort> values,
        string countField,
        FieldCount<TDevice> count,
        uint since = 0,
        FieldTest<TDevice>? when = null) =>
        Values<ushort, IntegerScalar<ushort>>(name, VMStateFieldKind.UInt16, values, Variable(countField, count), since, when);

    /// <summary>Adds an array.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Where it is.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Array(
        string name, FieldSpan<TDevice, uint> values, int count, uint since = 0, FieldTest<TDevice>? when = null) =>
        Values<uint, IntegerScalar<uint>>(name, VMStateFieldKind.UInt32, values, Fixed(count), since, when);

    /// <summary>Adds an array with as many elements as an earlier field tells.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Where it is: room for the most there can be.</param>
    /// <param name="countField">Name of the earlier field.</param>
    /// <param name="count">Reads it.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Array(
        string name,
        FieldSpan<TDevice, uint> values,
        string countField,
        FieldCount<TDevice> count,
        uint since = 0,
        FieldTest<TDevice>? when = null) =>
        Values<uint, IntegerScalar<uint>>(name, VMStateFieldKind.UInt32, values, Variable(countField, count), since, when);

    /// <summary>Adds an array.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Where it is.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Array(
        string name, FieldSpan<TDevice, ulong> values, int count, uint since = 0, FieldTest<TDevice>? when = null) =>
        Values<ulong, IntegerScalar<ulong>>(name, VMStateFieldKind.UInt64, values, Fixed(count), since, when);

    /// <summary>Adds an array with as many elements as an earlier field tells.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Where it is: room for the most there can be.</param>
    /// <param name="countField">Name of the earlier field.</param>
    /// <param name="count">Reads it.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Array(
        string name,
        FieldSpan<TDevice, ulong> values,
        string countField,
        FieldCount<TDevice> count,
        uint since = 0,
        FieldTest<TDevice>? when = null) =>
        Values<ulong, IntegerScalar<ulong>>(name, VMStateFieldKind.UInt64, values, Variable(countField, count), since, when);

    /// <summary>Adds an array.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Where it is.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Array(
        string name, FieldSpan<TDevice, bool> values, int count, uint since = 0, FieldTest<TDevice>? when = null) =>
        Values<bool, BoolScalar>(name, VMStateFieldKind.Bool, values, Fixed(count), since, when);

    /// <summary>Adds an array with as many elements as an earlier field tells.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Where it is: room for the most there can be.</param>
    /// <param name="countField">Name of the earlier field.</param>
    /// <param name="count">Reads it.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Array(
        string name,
        FieldSpan<TDevice, bool> values,
        string countField,
        FieldCount<TDevice> count,
        uint since = 0,
        FieldTest<TDevice>? when = null) =>
        Values<bool, BoolScalar>(name, VMStateFieldKind.Bool, values, Variable(countField, count), since, when);

    /// <summary>Adds an array.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Where it is.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Array(
        string name, FieldSpan<TDevice, double> values, int count, uint since = 0, FieldTest<TDevice>? when = null) =>
        Values<double, DoubleScalar>(name, VMStateFieldKind.CpuDouble, values, Fixed(count), since, when);

    /// <summary>Adds an array with as many elements as an earlier field tells.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Where it is: room for the most there can be.</param>
    /// <param name="countField">Name of the earlier field.</param>
    /// <param name="count">Reads it.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Array(
        string name,
        FieldSpan<TDevice, double> values,
        string countField,
        FieldCount<TDevice> count,
        uint since = 0,
        FieldTest<TDevice>? when = null) =>
        Values<double, DoubleScalar>(name, VMStateFieldKind.CpuDouble, values, Variable(countField, count), since, when);

    /// <summary>Adds an array of timers: when each fires, in nanoseconds; -1 when it is not armed.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="expiries">Where it is.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Timers(
        string name, FieldSpan<TDevice, long> expiries, int count, uint since = 0, FieldTest<TDevice>? when = null) =>
        Values<long, IntegerScalar<long>>(name, VMStateFieldKind.Timer, expiries, Fixed(count), since, when);

    private VMStateBuilder<TDevice> Values<TValue, TScalar>(
        string name,
        VMStateFieldKind kind,
        FieldSpan<TDevice, TValue> values,
        ElementCount<TDevice> count,
        uint since,
        FieldTest<TDevice>? when)
        where TScalar : struct, IScalar<TValue> =>
        Add(new ArrayField<TDevice, TValue, TScalar>(name, kind, Given(values), count, new(since, when)));
}
