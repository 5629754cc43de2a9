using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Descriptions;

/// <summary>What a builder has gathered for a description.</summary>
internal sealed record VMStateParts<TDevice>(string Name, uint Version, uint MinimumVersion)
{
    internal required IReadOnlyList<VMStateField<TDevice>> Fields { get; init; }

    internal required IReadOnlyList<VMStateDescription<TDevice>> Subsections { get; init; }

    internal VMStatePriority Priority { get; init; }

    internal string? Unmigratable { get; init; }

    internal VMStateNeed<TDevice>? Needed { get; init; }

    internal VMStateHook<TDevice>? PreSave { get; init; }

    internal VMStateHook<TDevice>? PostSave { get; init; }

    internal VMStateHook<TDevice>? PreLoad { get; init; }

    internal VMStateHook<TDevice>? PostLoad { get; init; }

    internal FieldsSave<TDevice>? SaveFields { get; init; }

    internal FieldsLoad<TDevice>? LoadFields { get; init; }
}
