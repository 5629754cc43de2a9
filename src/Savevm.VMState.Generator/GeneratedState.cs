namespace Savevm.VMState.Generator;

/// <summary>What was made of one type: source, or why there is none. Texts only, so that an unchanged type is not made again.</summary>
internal sealed class GeneratedState(string fileName, string? source, IReadOnlyList<Finding> findings) : IEquatable<GeneratedState>
{
    internal string FileName { get; } = fileName;

    internal string? Source { get; } = source;

    internal IReadOnlyList<Finding> Findings { get; } = findings;

    public bool Equals(GeneratedState? other) =>
        other is not null && FileName == other.FileName && Source == other.Source && Findings.SequenceEqual(other.Findings);

    public override bool Equals(object? obj) => Equals(obj as GeneratedState);

    public override int GetHashCode() => FileName.GetHashCode();
}
