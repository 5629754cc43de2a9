using Savevm.Fuzz.Engine;

namespace Savevm.Fuzz.Targets;

/// <summary>All targets: a row for each reader of bytes that strangers may have written. A new reader gets a row in a group.</summary>
internal static class TargetTable
{
    public static IReadOnlyList<FuzzTarget> Rows { get; } =
    [
        .. ForwardTargets.Rows,
        .. DescriptionTargets.Rows,
        .. RamTargets.Rows,
        .. PayloadTargets.Rows,
        .. SideTargets.Rows,
        .. ContainerTargets.Rows,
        .. ConversationTargets.Rows,
        .. PreemptTargets.Rows,
        .. StateTargets.Rows,
        .. HeapTargets.Rows,
        .. VMStateTargets.Rows,
        .. KindTargets.Rows,
        .. RepositoryTargets.Rows,
        .. QemuTargets.Rows,
        .. Canary.Rows,
    ];

    public static FuzzTarget? Find(string name) => Rows.FirstOrDefault(row => row.Name == name);
}
