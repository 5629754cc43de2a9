namespace Savevm.VMState.Tests.Baselines;

/// <summary>A field of a device that is edited; its number stays its own through every edit.</summary>
internal sealed record EditedField(int Id, string Name, string Kind, uint Since = 0, string? When = null, int Count = 3)
{
    internal bool IsArray => Kind.StartsWith("array", StringComparison.Ordinal);

    internal string Type => IsArray ? Kind[6..] : Kind;

    internal int Bytes => Type switch
    {
        "unused" => Count,
        "byte" or "sbyte" or "bool" => 1,
        "ushort" or "short" => 2,
        "uint" or "int" => 4,
        "Part" => 3,
        _ => 8,
    } * (IsArray ? Count : 1);
}
