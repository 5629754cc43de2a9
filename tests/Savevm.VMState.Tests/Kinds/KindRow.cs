using Savevm.VMState.Descriptions;
using Savevm.VMState.Tests.Descriptions;

namespace Savevm.VMState.Tests.Kinds;

/// <summary>A kind of field: how it is described, a value, and the bytes of that value, computed by hand.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Hex">The bytes.</param>
/// <param name="Set">Gives a device the value.</param>
/// <param name="Add">Adds the field, with the version since which it is there and a test, to a description.</param>
internal sealed record KindRow(
    VMStateFieldKind Kind, string Hex, Action<Sample> Set, Func<VMStateBuilder<Sample>, uint, FieldTest<Sample>?, VMStateBuilder<Sample>> Add)
{
    /// <summary>The device that is loaded must have the value already.</summary>
    internal bool IsChecked { get; init; }

    /// <summary>It can be there since a version, or by a test.</summary>
    internal bool IsConditional { get; init; } = true;
}
