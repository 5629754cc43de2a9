using Savevm.Linux.Files;

namespace Savevm.States.Writing;

/// <summary>A new file; zeros are holes. Flushing gives the file its length, which ends in a hole where the last bytes are zeros.</summary>
internal sealed class FileExportStream(LinuxFile file) : ExportStream
{
    public override void Flush() => file.SetLength(Position);

    protected override void Put(long position, ReadOnlySpan<byte> bytes) => file.Write(bytes, position);

    protected override void PutZeros(long position, long count)
    {
    }
}
