using Savevm.Machine.VMState.Tree;

namespace Savevm.Machine.VMState.Catalogue;

/// <summary>
/// Conditions that QEMU decides by what a guest or a user did. No description has them: it lists the fields that were there when
/// it was written.
/// </summary>
internal static class FieldConditionTable
{
    internal static readonly FieldCondition[] Rows =
    [
        // A drive that is there and has told what it is.
        new("ide_drive", "identify_data", "identify_set"),
    ];

    /// <summary>The condition that a description has a field for; null for almost all.</summary>
    internal static FieldCondition? Find(string vmsdName)
    {
        foreach (FieldCondition row in Rows)
        {
            if (row.VmsdName == vmsdName)
                return row;
        }
        return null;
    }

    /// <summary>Whether the field is there, by the fields that were read before it.</summary>
    internal static bool Holds(FieldCondition condition, List<DecodedNode> before)
    {
        DecodedNode? other = before.Find(node => node.Name == condition.DependsOn);
        return other is null || other.Raw.Span.IndexOfAnyExcept((byte)0) >= 0;
    }
}
