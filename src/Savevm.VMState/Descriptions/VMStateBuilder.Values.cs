using Savevm.VMState.Fields;

namespace Savevm.VMState.Descriptions;

/// <content>Single values.</content>
public sealed partial class VMStateBuilder<TDevice>
{
    /// <summary>Adds a signed byte.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="value">Where it is.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Field(string name, FieldRef<TDevice, sbyte> value, uint since = 0, FieldTest<TDevice>? when = null) =>
        Scalar<sbyte, IntegerScalar<sbyte>>(name, VMStateFieldKind.Int8, value, since, when);

    /// <summary>Adds two signed bytes.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="value">Where it is.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Field(string name, FieldRef<TDevice, short> value, uint since = 0, FieldTest<TDevice>? when = null) =>
        Scalar<short, IntegerScalar<short>>(name, VMStateFieldKind.Int16, value, since, when);

    /// <summary>Adds four signed bytes.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="value">Where it is.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Field(string name, FieldRef<TDevice, int> value, uint since = 0, FieldTest<TDevice>? when = null) =>
        Scalar<int, IntegerScalar<int>>(name, VMStateFieldKind.Int32, value, since, when);

    /// <summary>Adds eight signed bytes.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="value">Where it is.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Field(string name, FieldRef<TDevice, long> value, uint since = 0, FieldTest<TDevice>? when = null) =>
        Scalar<long, IntegerScalar<long>>(name, VMStateFieldKind.Int64, value, since, when);

    /// <summary>Adds a byte.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="value">Where it is.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Field(string name, FieldRef<TDevice, byte> value, uint since = 0, FieldTest<TDevice>? when = null) =>
        Scalar<byte, IntegerScalar<byte>>(name, VMStateFieldKind.UInt8, value, since, when);

    /// <summary>Adds two bytes.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="value">Where it is.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Field(string name, FieldRef<TDevice, ushort> value, uint since = 0, FieldTest<TDevice>? when = null) =>
        Scalar<ushort, IntegerScalar<ushort>>(name, VMStateFieldKind.UInt16, value, since, when);

    /// <summary>Adds four bytes.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="value">Where it is.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Field(string name, FieldRef<TDevice, uint> value, uint since = 0, FieldTest<TDevice>? when = null) =>
        Scalar<uint, IntegerScalar<uint>>(name, VMStateFieldKind.UInt32, value, since, when);

    /// <summary>Adds eight bytes.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="value">Where it is.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Field(string name, FieldRef<TDevice, ulong> value, uint since = 0, FieldTest<TDevice>? when = null) =>
        Scalar<ulong, IntegerScalar<ulong>>(name, VMStateFieldKind.UInt64, value, since, when);

    /// <summary>Adds a truth value, a byte.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="value">Where it is.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Field(string name, FieldRef<TDevice, bool> value, uint since = 0, FieldTest<TDevice>? when = null) =>
        Scalar<bool, BoolScalar>(name, VMStateFieldKind.Bool, value, since, when);

    /// <summary>Adds the bits of a double.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="value">Where it is.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Field(string name, FieldRef<TDevice, double> value, uint since = 0, FieldTest<TDevice>? when = null) =>
        Scalar<double, DoubleScalar>(name, VMStateFieldKind.CpuDouble, value, since, when);

    /// <summary>Adds the bits of a double under QEMU's older name, <c>float64</c>.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="value">Where it is.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Float64(string name, FieldRef<TDevice, double> value, uint since = 0, FieldTest<TDevice>? when = null) =>
        Scalar<double, DoubleScalar>(name, VMStateFieldKind.Float64, value, since, when);

    /// <summary>Adds when a timer fires, in nanoseconds; -1 when it is not armed.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="expiry">Where it is.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Timer(string name, FieldRef<TDevice, long> expiry, uint since = 0, FieldTest<TDevice>? when = null) =>
        Scalar<long, IntegerScalar<long>>(name, VMStateFieldKind.Timer, expiry, since, when);

    private VMStateBuilder<TDevice> Scalar<TValue, TScalar>(
        string name, VMStateFieldKind kind, FieldRef<TDevice, TValue> value, uint since, FieldTest<TDevice>? when)
        where TScalar : struct, IScalar<TValue> =>
        Add(new ScalarField<TDevice, TValue, TScalar>(name, kind, Given(value), new(since, when)));
}
