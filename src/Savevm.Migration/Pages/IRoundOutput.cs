using Savevm.Migration.Outgoing;

namespace Savevm.Migration.Pages;

/// <summary>
/// The form in which the pages of a machine that runs travel: as records of the stream, as differences, in packets on channels of their own, at
/// places of a file. One thread; data plane: no allocation, no lock, no avoidable copy per page.
/// </summary>
internal interface IRoundOutput : IDisposable
{
    /// <summary>Writes everything from the first byte to the end of RAM's START body, on whatever channels there are.</summary>
    /// <exception cref="PeerLostException">The destination vanished; as in every method here.</exception>
    void Open(ConversationWriter conversation, ControlWriter control, bool advisePostcopy);

    /// <summary>
    /// Sends consecutive pages of a block: at least one, as many as are cheap at once. They may be read later, but before
    /// <see cref="EndRound"/> returns; what the machine writes to them meanwhile is for the next round.
    /// </summary>
    /// <returns>How many pages were taken.</returns>
    int SendPages(int blockIndex, long firstPage, int maxPages);

    /// <summary>Everything is on its way, and a page that is sent again from now on is applied after what was sent of it before.</summary>
    void EndRound();

    /// <summary>The machine stands still, and the last round has ended: RAM's END body follows on the main channel.</summary>
    void Complete(ControlWriter control);
}
