using System.Buffers.Binary;

namespace Savevm.Interop.Forms;

/// <summary>A memory dump, read by the tests themselves, of the 32-bit or 64-bit form.</summary>
internal sealed class ElfCore
{
    private const uint Load = 1, Note = 4;

    private readonly FileStream _file;

    private ElfCore(FileStream file, IReadOnlyList<(uint Type, long Offset, long Address, long Bytes)> segments)
    {
        _file = file;
        Ranges = [.. segments.Where(segment => segment.Type == Load).Select(segment => (segment.Address, segment.Bytes, segment.Offset))];
        (_, long at, _, long bytes) = segments.Single(segment => segment.Type == Note);
        Notes = Read(at, (int)bytes);
    }

    /// <summary>Physical address, length and position in the file of every range.</summary>
    public IReadOnlyList<(long Address, long Bytes, long Offset)> Ranges { get; }

    /// <summary>
    /// What debuggers read of each processor out of Linux's own note: rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, rip, flags, cs and ss. QEMU writes the
    /// 32-bit form for a guest that does not use its 64 bits.
    /// </summary>
    public IEnumerable<ulong[]> StatusRegisters => NotesOf("CORE").Select(note => note.Length < 200
        ? new[] { 6, 0, 1, 2, 3, 4, 5, 15, 12, 14, 13, 16 }.Select(index => (ulong)BinaryPrimitives.ReadUInt32LittleEndian(note.AsSpan(72 + (index * 4)))).ToArray()
        : [.. new[] { 10, 5, 11, 12, 13, 14, 4, 19, 16, 18, 17, 20 }.Select(index => BinaryPrimitives.ReadUInt64LittleEndian(note.AsSpan(112 + (index * 8))))]);

    private byte[] Notes { get; }

    /// <summary>The notes of a name and type, in their order.</summary>
    public IEnumerable<byte[]> NotesOf(string name)
    {
        for (int at = 0; at < Notes.Length;)
        {
            int nameBytes = BinaryPrimitives.ReadInt32LittleEndian(Notes.AsSpan(at));
            int bytes = BinaryPrimitives.ReadInt32LittleEndian(Notes.AsSpan(at + 4));
            int body = at + 12 + ((nameBytes + 3) & ~3);
            if (System.Text.Encoding.ASCII.GetString(Notes, at + 12, nameBytes - 1) == name)
            {
                yield return Notes[body..(body + bytes)];
            }

            at = body + ((bytes + 3) & ~3);
        }
    }

    public static ElfCore Open(string path)
    {
        FileStream file = File.OpenRead(path);
        byte[] head = new byte[4096];
        file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        bool is64 = head[4] == 2;
        int at = is64 ? (int)BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(32)) : BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(28));
        int bytes = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(is64 ? 54 : 42));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(is64 ? 56 : 44));
        var segments = new List<(uint, long, long, long)>();
        for (int i = 0; i < count; i++, at += bytes)
        {
            long Field(int narrow, int wide) => is64
                ? BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(at + wide))
                : BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(at + narrow));
            segments.Add((BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(at)), Field(4, 8), Field(12, 24), Field(16, 32)));
        }

        return new ElfCore(file, segments);
    }

    public byte[] Read(long offset, int count)
    {
        byte[] bytes = new byte[count];
        _file.Position = offset;
        _file.ReadExactly(bytes);
        return bytes;
    }
}
