using Savevm.Machine.Ram;
using Savevm.Migration.Outgoing;

namespace Savevm.Migration.Background;

/// <summary>
/// The form in which the pages of an instant are written: as records of the stream, or at places of a file. One thread; data plane: no allocation, no
/// lock, no avoidable copy per page.
/// </summary>
internal interface IInstantOutput : IDisposable
{
    /// <summary>Writes everything from the first byte to the end of RAM's START body.</summary>
    /// <exception cref="PeerLostException">Nobody takes it; as in every method here. A file that is full is an <see cref="IOException"/>.</exception>
    void Open(ConversationWriter conversation, ControlWriter control);

    /// <summary>Adds pages; their bytes are valid until the call returns.</summary>
    void Add(PageAddress first, PageRun run);

    /// <summary>Writes what was added and not written, and what belongs to RAM behind its last page. Devices follow.</summary>
    void Complete(ConversationWriter conversation, ControlWriter control);
}
