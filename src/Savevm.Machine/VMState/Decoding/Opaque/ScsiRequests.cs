namespace Savevm.Machine.VMState.Decoding.Opaque;

/// <summary>
/// Requests that a SCSI device had not finished: each a mark, the command, its tag and unit, and what its host adapter and the
/// device add, which nothing in the stream tells the length of. A zero ends them.
/// </summary>
internal static class ScsiRequests
{
    private const int CommandBytes = 16;

    /// <summary>Reads the list. Of requests the part is read that all have; the rest stays unknown.</summary>
    internal static void Read(OpaqueCursor cursor)
    {
        if (cursor.Remaining == 1)
        {
            cursor.Require(cursor.Number("end", "uint8") == 0);
            return;
        }
        // 1: to be retried, 2: not.
        cursor.Require(cursor.Number("state", "uint8") is 1 or 2);
        cursor.Bytes("command", CommandBytes);
        cursor.Number("tag", "uint32");
        cursor.Number("lun", "uint32");
        if (!cursor.IsFailed)
            cursor.Unknown("rest", cursor.Remaining);
    }
}
