using System.Buffers.Binary;
using System.Text;
using Savevm.Machine.Ram;
using Savevm.Migration.Pages;
using Savevm.Migration.ReturnPath;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.Forward;
using Savevm.Wire.ReturnPath;

namespace Savevm.Migration.Outgoing;

/// <summary>
/// What a source says first on a new connection in postcopy: it asks for each block which pages arrived, and then lets the destination go on.
/// Chart: <c>docs/wire-format.md</c>, 8.6.
/// </summary>
internal static class RecoveryHandshake
{
    /// <summary>Agrees with the destination on what is missing.</summary>
    /// <param name="main">The new connection.</param>
    /// <param name="returnPath">Its way back.</param>
    /// <param name="blocks">The blocks that are sent.</param>
    /// <param name="control">Writes and counts.</param>
    /// <param name="beforeResume">Called when the answers are here: the time to open the channel for requested pages.</param>
    /// <returns>The pages that did not arrive.</returns>
    /// <exception cref="PeerLostException">The new connection broke too.</exception>
    /// <exception cref="WireException">The destination answers something else.</exception>
    public static PendingPages Run(IByteChannel main, ReturnPathReader returnPath, IReadOnlyList<RamBlock> blocks, ControlWriter control, Action? beforeResume = null)
    {
        control.Write(main, output =>
        {
            foreach (var block in blocks) ForwardWriter.WriteRecvBitmap(output, block.IdStr);
        });
        var missing = new PendingPages(blocks);
        foreach (var block in blocks)
        {
            var message = Next(returnPath, ReturnMessageType.RecvBitmap, out var at);
            var name = Encoding.ASCII.GetString(message.BlockName);
            if (name != block.IdStr) throw new WireException(at, $"a bitmap of block '{name}' where that of '{block.IdStr}' was asked for");
            AddMissing(missing, block, returnPath.ReadBitmap(block.PageCount));
        }
        beforeResume?.Invoke();
        control.Write(main, output => ForwardWriter.WriteCommand(output, CommandType.PostcopyResume));
        Next(returnPath, ReturnMessageType.ResumeAck, out _);
        return missing;
    }

    private static ReturnMessage Next(ReturnPathReader returnPath, ReturnMessageType wanted, out long at)
    {
        ReturnMessage message;
        at = returnPath.Offset;
        while (!returnPath.TryNext(Timeout.InfiniteTimeSpan, out message))
        {
        }
        if (message.Type == ReturnMessageType.Shut && message.Value != 0) throw new PeerRefusedException(message.Value);
        return message.Type == wanted ? message : throw new WireException(at, $"return path message {message.Type} where {wanted} is due");
    }

    private static void AddMissing(PendingPages missing, RamBlock block, ReadOnlySpan<byte> received)
    {
        for (var first = 0L; first < block.PageCount; first += 64)
        {
            var word = ~BinaryPrimitives.ReadUInt64LittleEndian(received[(int)(first / 8)..]);
            for (; word != 0; word &= word - 1)
            {
                var page = first + System.Numerics.BitOperations.TrailingZeroCount(word);
                if (page < block.PageCount) missing.Add(block.Index, page);
            }
        }
    }
}
