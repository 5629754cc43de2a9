namespace Savevm.Wire.Iterable;

/// <summary>The head of a record of block migration. Its name points into the window that was read.</summary>
public readonly ref struct BlockRecord
{
    internal BlockRecord(BlockRecordKind kind, ulong number, ReadOnlySpan<byte> deviceName)
    {
        Kind = kind;
        Number = number;
        DeviceName = deviceName;
    }

    /// <summary>What the record is.</summary>
    public BlockRecordKind Kind { get; }

    /// <summary>First sector of 512 bytes; for <see cref="BlockRecordKind.Progress"/> the percentage that is done.</summary>
    public ulong Number { get; }

    /// <summary>The disk, printable ASCII; empty where the record concerns none.</summary>
    public ReadOnlySpan<byte> DeviceName { get; }

    /// <summary>Bytes that follow the head. The last block of a disk is padded.</summary>
    public int DataBytes => Kind == BlockRecordKind.Data ? BlockRecordReader.BlockBytes : 0;
}
