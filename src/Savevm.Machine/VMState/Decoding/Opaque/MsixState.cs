using Savevm.Machine.VMState.Tree;

namespace Savevm.Machine.VMState.Decoding.Opaque;

/// <summary>The MSI-X table and its pending bits: 16 bytes and one bit for each vector, as the guest sees them.</summary>
internal static class MsixState
{
    private const int EntryBytes = 16;
    private const int MaxVectors = 2048;

    /// <summary>Reads a whole state. The number of vectors is nowhere but in the length.</summary>
    internal static void Read(OpaqueCursor cursor)
    {
        // Of n vectors the length is 16 n and n/8 rounded up: 129 bytes for each eight.
        int bytes = cursor.Remaining;
        int vectors = (int)((long)bytes * 8 / ((EntryBytes * 8) + 1));
        cursor.Require(vectors <= MaxVectors && BytesOf(vectors) == bytes);
        if (!cursor.IsFailed)
            Read(cursor, vectors);
    }

    /// <summary>Reads the state of this many vectors.</summary>
    internal static void Read(OpaqueCursor cursor, int vectors)
    {
        if (vectors == 0)
            return;
        cursor.Group(NodeKind.Array, "table", "struct", null, table =>
        {
            for (int i = 0; i < vectors && !table.IsFailed; i++)
                table.Group(NodeKind.Struct, "table", "struct", i, ReadEntry);
        });
        cursor.Bytes("pending", (vectors + 7) / 8);
    }

    private static int BytesOf(int vectors) => (EntryBytes * vectors) + ((vectors + 7) / 8);

    private static void ReadEntry(OpaqueCursor entry)
    {
        entry.LittleNumber("address", 8);
        entry.LittleNumber("data", 4);
        entry.LittleNumber("control", 4);
    }
}
