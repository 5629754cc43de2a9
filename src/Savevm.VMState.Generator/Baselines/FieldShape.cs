using Microsoft.CodeAnalysis;

namespace Savevm.VMState.Generator.Baselines;

/// <summary>A field of a state, as much of it as its bytes depend on.</summary>
internal sealed class FieldShape(string name, FieldForm form, uint since, string? when, ISymbol? symbol = null)
{
    /// <summary>Name in the description.</summary>
    internal string Name { get; } = name;

    internal FieldForm Form { get; } = form;

    /// <summary>First version that has it.</summary>
    internal uint Since { get; } = since;

    /// <summary>Name of the method that decides whether it is there; the version then does not.</summary>
    internal string? When { get; } = when;

    /// <summary>The member that it was read from; null for one of a baseline.</summary>
    internal ISymbol? Symbol { get; } = symbol;

    /// <summary>A version that has it: a test alone decides where there is one.</summary>
    internal bool IsIn(uint version) => When is not null || Since <= version;
}
