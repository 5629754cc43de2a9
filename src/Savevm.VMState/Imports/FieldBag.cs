namespace Savevm.VMState.Imports;

/// <summary>
/// A device of which nothing is known but the description of its state: the bytes of each field by the path to it, such as
/// <c>channels[2].mode</c>. Not for several threads at once.
/// </summary>
public sealed class FieldBag
{
    private readonly Dictionary<string, byte[]> _values = [];
    private readonly HashSet<string> _subsections = [];

    /// <summary>The bytes of each field as they are on the wire, of an array those of all its elements.</summary>
    public IReadOnlyDictionary<string, byte[]> Values => _values;

    /// <summary>Paths of the subsections that are there, such as <c>(cpu/msr)</c>.</summary>
    public IReadOnlyCollection<string> Subsections => _subsections;

    /// <summary>Changes a field.</summary>
    /// <param name="path">Path to it.</param>
    /// <param name="bytes">Its new bytes, as many as it has; they are copied.</param>
    /// <exception cref="KeyNotFoundException">There is no such field.</exception>
    /// <exception cref="ArgumentException">It has another number of bytes.</exception>
    public void Set(string path, ReadOnlySpan<byte> bytes)
    {
        byte[] value = _values[path];
        if (value.Length != bytes.Length)
            throw new ArgumentException($"{bytes.Length} bytes for a field of {value.Length}.", nameof(bytes));
        bytes.CopyTo(value);
    }

    internal byte[] Room(string path, int bytes)
    {
        if (!_values.TryGetValue(path, out byte[]? room) || room.Length != bytes)
            _values[path] = room = new byte[bytes];
        return room;
    }

    internal bool HasSubsection(string path) => _subsections.Contains(path);

    internal void Mark(string path) => _subsections.Add(path);
}
