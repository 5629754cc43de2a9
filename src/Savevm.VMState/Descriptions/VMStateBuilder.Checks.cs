using Savevm.VMState.Fields;

namespace Savevm.VMState.Descriptions;

/// <content>Numbers that are checked, not taken.</content>
public sealed partial class VMStateBuilder<TDevice>
{
    /// <summary>Adds a number that the device which is loaded must have already.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="value">Where it is; never written.</param>
    /// <param name="hint">What a person may do about a difference, for the message.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Equal(
        string name, FieldRef<TDevice, byte> value, string? hint = null, uint since = 0, FieldTest<TDevice>? when = null) =>
        Add(new EqualField<TDevice, byte>(name, VMStateFieldKind.UInt8Equal, Given(value), new(since, when), hint));

    /// <summary>Adds a number that the device which is loaded must have already.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="value">Where it is; never written.</param>
    /// <param name="hint">What a person may do about a difference, for the message.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Equal(
        string name, FieldRef<TDevice, ushort> value, string? hint = null, uint since = 0, FieldTest<TDevice>? when = null) =>
        Add(new EqualField<TDevice, ushort>(name, VMStateFieldKind.UInt16Equal, Given(value), new(since, when), hint));

    /// <summary>Adds a number that the device which is loaded must have already.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="value">Where it is; never written.</param>
    /// <param name="hint">What a person may do about a difference, for the message.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Equal(
        string name, FieldRef<TDevice, int> value, string? hint = null, uint since = 0, FieldTest<TDevice>? when = null) =>
        Add(new EqualField<TDevice, int>(name, VMStateFieldKind.Int32Equal, Given(value), new(since, when), hint));

    /// <summary>Adds a number that the device which is loaded must have already.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="value">Where it is; never written.</param>
    /// <param name="hint">What a person may do about a difference, for the message.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Equal(
        string name, FieldRef<TDevice, uint> value, string? hint = null, uint since = 0, FieldTest<TDevice>? when = null) =>
        Add(new EqualField<TDevice, uint>(name, VMStateFieldKind.UInt32Equal, Given(value), new(since, when), hint));

    /// <summary>Adds a number that the device which is loaded must have already.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="value">Where it is; never written.</param>
    /// <param name="hint">What a person may do about a difference, for the message.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Equal(
        string name, FieldRef<TDevice, ulong> value, string? hint = null, uint since = 0, FieldTest<TDevice>? when = null) =>
        Add(new EqualField<TDevice, ulong>(name, VMStateFieldKind.UInt64Equal, Given(value), new(since, when), hint));

    /// <summary>Adds a number that may be at most what the device which is loaded has; then it is taken.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="value">Where it is.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> AtMost(string name, FieldRef<TDevice, int> value, uint since = 0, FieldTest<TDevice>? when = null) =>
        Add(new EqualField<TDevice, int>(name, VMStateFieldKind.Int32LessOrEqual, Given(value), new(since, when)));

    /// <summary>Adds a condition on the fields before it. It has no bytes.</summary>
    /// <param name="name">What holds, for messages.</param>
    /// <param name="holds">The condition.</param>
    public VMStateBuilder<TDevice> Validate(string name, FieldTest<TDevice> holds) =>
        Add(new ValidationField<TDevice>(name, Given(holds), _version));
}
