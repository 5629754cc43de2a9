using Microsoft.CodeAnalysis;

namespace Savevm.VMState.Generator.Baselines;

/// <summary>A device or a subsection, as much of it as its bytes depend on: of the source, or of a baseline.</summary>
internal sealed class SectionShape(string name, uint version, uint minimumVersion, string? needed)
{
    internal string Name { get; } = name;

    internal uint Version { get; } = version;

    internal uint MinimumVersion { get; } = minimumVersion;

    /// <summary>Name of the method that decides whether a subsection is saved.</summary>
    internal string? Needed { get; } = needed;

    internal List<FieldShape> Fields { get; } = [];

    internal List<SectionShape> Subsections { get; } = [];

    /// <summary>The attribute that it was read from; null for one of a baseline.</summary>
    internal Location? Place { get; private set; }

    internal static SectionShape Of(SubsectionModel model)
    {
        var shape = new SectionShape(model.Name, model.Version, model.MinimumVersion, model.Needed) { Place = model.Place };
        // A condition on fields has no bytes, and therefore no shape.
        shape.Fields.AddRange(model.Members.Where(member => member.Shape is not null).Select(member => member.Shape!));
        shape.Subsections.AddRange(model.Subsections.Select(Of));
        return shape;
    }
}
