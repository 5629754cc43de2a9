using Microsoft.CodeAnalysis;

namespace Savevm.VMState.Generator;

/// <summary>The device itself, or one of its subsections: what a description is made of.</summary>
internal sealed class SubsectionModel(string name, uint version, uint minimumVersion, Location? place)
{
    internal string Name { get; } = name;

    internal uint Version { get; } = version;

    internal uint MinimumVersion { get; } = minimumVersion;

    internal Location? Place { get; } = place;

    /// <summary>Calls of the builder besides those of fields: need, hooks, rank.</summary>
    internal List<string> Calls { get; } = [];

    /// <summary>Name of the method that decides whether it is saved.</summary>
    internal string? Needed { get; set; }

    internal List<MemberModel> Members { get; } = [];

    internal List<SubsectionModel> Subsections { get; } = [];
}
