using System.Text;

namespace Savevm.Wire.Tests.Descriptions;

/// <summary>
/// A made-up device: its body, byte by byte, and the description that a sender of one of three generations would write for it. Every
/// integer's value is its own offset in the body, so a reader that is a byte off is found.
/// </summary>
internal sealed class ModelDevice
{
    private readonly Random _random;
    private readonly int _generation;
    private int _names;

    internal ModelDevice(int seed)
    {
        _random = new Random(seed);
        _generation = _random.Next(3);
        string structure = Struct("model", 4);
        Json = $$"""{"page_size": 4096, "devices": [{"name": "model", "instance_id": {{seed & 0xff}}, {{structure}}}]}""";
        Bytes = Body.WrittenSpan.ToArray();
    }

    internal string Json { get; }

    internal byte[] Bytes { get; }

    private WireWriter Body { get; } = new();

    /// <summary>Writes a structure's bytes and returns its keys.</summary>
    private string Struct(string vmsdName, int depth, uint ownVersion = 1)
    {
        var fields = new List<string>();
        for (int i = _random.Next(1, 5); i > 0; i--)
            fields.Add(Field(depth));
        var subsections = new List<string>();
        for (int i = depth > 0 ? _random.Next(0, 2) : 0; i > 0; i--)
        {
            string name = $"{vmsdName}/s{_names++}";
            uint version = (uint)_random.Next(1, 9);
            Body.WriteByte(5);
            Body.WriteCountedString(name);
            Body.WriteUInt32(version);
            subsections.Add("{" + Struct(name, depth - 1, version) + "}");
        }
        string tail = subsections.Count == 0 ? "" : $", \"subsections\": [{string.Join(", ", subsections)}]";
        return $"\"vmsd_name\": \"{vmsdName}\", \"version\": {ownVersion}, \"fields\": [{string.Join(", ", fields)}]{tail}";
    }

    private string Field(int depth)
    {
        string name = $"f{_names++}";
        return (depth == 0 ? 0 : _random.Next(8)) switch
        {
            1 => Array(name),
            2 => ElementByElement(name, depth),
            3 => List(name, depth),
            4 => Tree(name, depth),
            5 => NullPointer(name),
            6 => Inline(name, depth),
            7 => Nested(name, depth),
            _ => Number(name),
        };
    }

    private string Number(string name)
    {
        Body.WriteUInt32((uint)Body.Length);
        return $$"""{"name": "{{name}}", "type": "uint32", "size": 4}""";
    }

    private string Array(string name)
    {
        int length = _random.Next(2, 5);
        for (int i = 0; i < length; i++)
            Body.WriteUInt32((uint)Body.Length);
        return $$"""{"name": "{{name}}", "array_len": {{length}}, "type": "uint32", "size": 4}""";
    }

    private string ElementByElement(string name, int depth)
    {
        int length = _random.Next(2, 4);
        var entries = new StringBuilder();
        for (int i = 0; i < length; i++)
        {
            bool hasIndex = _generation == 0 || (_generation == 1 && i < length - 1);
            string index = hasIndex ? $"\"index\": {i}, " : "";
            int start = Body.Length;
            string structure = Struct($"e{_names++}", depth - 1);
            entries.Append(i == 0 ? "" : ", ").Append(
                $$"""{"name": "{{name}}", {{index}}"type": "struct", "struct": {{{structure}}}, "size": {{Body.Length - start}}}""");
        }
        return entries.ToString();
    }

    private string Nested(string name, int depth)
    {
        int start = Body.Length;
        string structure = Struct($"n{_names++}", depth - 1);
        return $$"""{"name": "{{name}}", "type": "struct", "struct": {{{structure}}}, "size": {{Body.Length - start}}}""";
    }

    private string Inline(string name, int depth)
    {
        int start = Body.Length;
        string structure = Struct($"t{_names++}", depth - 1);
        return $$"""{"name": "{{name}}", "type": "{{(_random.Next(2) == 0 ? "tmp" : "vstruct")}}", {{structure}}, "size": {{Body.Length - start}}}""";
    }

    private string List(string name, int depth)
    {
        int start = Body.Length;
        var elements = new StringBuilder();
        for (int i = _random.Next(0, 4); i > 0; i--)
        {
            Body.WriteByte(1);
            elements.Append(Struct("l", depth - 1)).Append(", ");
        }
        Body.WriteByte(0);
        return $$"""{"name": "{{name}}", "type": "{{(_random.Next(2) == 0 ? "qtailq" : "qlist")}}", {{elements}}"size": {{Body.Length - start}}}""";
    }

    private string Tree(string name, int depth)
    {
        int start = Body.Length;
        int count = _random.Next(0, 3);
        bool hasDirectKeys = _random.Next(2) == 0;
        var elements = new StringBuilder();
        Body.WriteUInt32((uint)count);
        for (int i = 0; i < count; i++)
        {
            Body.WriteByte(1);
            if (hasDirectKeys)
                Body.WriteUInt64((ulong)i);
            else
                elements.Append(Struct("k", depth - 1)).Append(", ");
            elements.Append(Struct("v", depth - 1)).Append(", ");
        }
        Body.WriteByte(0);
        return $$"""{"name": "{{name}}", "type": "gtree", {{elements}}"size": {{Body.Length - start}}}""";
    }

    private string NullPointer(string name)
    {
        Body.WriteByte((byte)'0');
        return _generation == 0
            ? $$"""{"name": "{{name}}", "index": 0, "type": "struct", "struct": {}, "size": 1}"""
            : $$"""{"name": "{{name}}", "type": "nullptr", "size": 1}""";
    }
}
