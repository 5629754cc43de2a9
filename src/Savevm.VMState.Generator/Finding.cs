using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Savevm.VMState.Generator;

/// <summary>A diagnostic without the symbols it came from, so that it can be compared from one run of the compiler to the next.</summary>
internal sealed class Finding : IEquatable<Finding>
{
    private readonly DiagnosticDescriptor _row;
    private readonly string[] _arguments;
    private readonly string _path;
    private readonly TextSpan _span;
    private readonly LinePositionSpan _lines;

    internal Finding(DiagnosticDescriptor row, Location? location, params string[] arguments)
    {
        _row = row;
        _arguments = arguments;
        _path = location?.SourceTree?.FilePath ?? "";
        _span = location?.SourceSpan ?? default;
        _lines = location?.GetLineSpan().Span ?? default;
    }

    internal Diagnostic ToDiagnostic() =>
        Diagnostic.Create(_row, _path.Length == 0 ? Location.None : Location.Create(_path, _span, _lines), _arguments);

    public bool Equals(Finding? other) =>
        other is not null && _row.Id == other._row.Id && _path == other._path && _span == other._span && _arguments.SequenceEqual(other._arguments);

    public override bool Equals(object? obj) => Equals(obj as Finding);

    public override int GetHashCode() => _span.GetHashCode();
}
