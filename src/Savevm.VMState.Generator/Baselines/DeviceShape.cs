using Microsoft.CodeAnalysis;

namespace Savevm.VMState.Generator.Baselines;

/// <summary>A type with a state: of the source, or of a baseline.</summary>
internal sealed class DeviceShape(string type, SectionShape section)
{
    /// <summary>Full name of the type, which tells devices of one name apart and finds one that has another name now.</summary>
    internal string Type { get; } = type;

    internal SectionShape Section { get; } = section;

    internal string Name => Section.Name;

    /// <summary>The type itself; null for one of a baseline.</summary>
    internal INamedTypeSymbol? Symbol { get; private set; }

    /// <summary>The file that it was read from; null for one of the source.</summary>
    internal string? Path { get; set; }

    /// <summary>Its lines in that file, counted from zero: the first, and the one behind the last.</summary>
    internal (int First, int End) Lines { get; set; }

    /// <summary>What was released, and what is there now, stand in a field under this name.</summary>
    internal string Reference => $"{BaselineWriter.Quote(Name)}:{Type}";

    /// <summary>Reads a type of the source; null where the generator refuses it.</summary>
    internal static DeviceShape? Of(INamedTypeSymbol type, CancellationToken cancellation) =>
        DeviceReader.ReadModel(type, cancellation) is { } model
            ? new DeviceShape(type.ToDisplayString(), SectionShape.Of(model)) { Symbol = type }
            : null;
}
