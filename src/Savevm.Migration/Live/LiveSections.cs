using Savevm.Machine.Live;
using Savevm.Migration.Outgoing;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.Forward;

namespace Savevm.Migration.Live;

/// <summary>The live sections of a stream beside RAM: framed, one after the other, at the source. One thread.</summary>
internal sealed class LiveSections(IReadOnlyList<ILiveHandler> handlers, uint firstSectionId, ControlWriter control)
{
    /// <summary>Bytes of one part: enough that its frame costs nothing, little enough that pages do not wait long.</summary>
    private const int PartBytes = 256 << 10;

    private readonly WireWriter output = new();
    private readonly List<ILiveHandler> prepared = [];
    private readonly List<(ILiveHandler Handler, uint SectionId)> active = [];

    /// <summary>Where they are written to.</summary>
    public required IByteChannel Main { private get; set; }

    /// <summary>The last parts of those that go on in postcopy were begun; what of them arrived nobody can say, and they are not told twice.</summary>
    public bool AreUnrepeatable { get; private set; }

    /// <summary>Lets every handler get ready. Nothing is written yet.</summary>
    public void Prepare()
    {
        foreach (var handler in handlers)
        {
            prepared.Add(handler);
            handler.Prepare();
        }
    }

    /// <summary>Writes the beginning of each section.</summary>
    public void WriteSetup(WireWriter opening)
    {
        foreach (var handler in handlers.Where(handler => handler.IsActive))
        {
            var sectionId = firstSectionId + (uint)active.Count;
            active.Add((handler, sectionId));
            ForwardWriter.WriteSectionStart(opening, SectionType.Start, sectionId, handler.IdStr, handler.InstanceId, handler.VersionId);
            handler.Setup(opening);
            ForwardWriter.WriteFooter(opening, sectionId);
        }
    }

    /// <summary>What is left of all of them.</summary>
    public PendingState Pending(bool isExact)
    {
        var sum = default(PendingState);
        foreach (var (handler, _) in active) sum += handler.Pending(isExact);
        return sum;
    }

    /// <summary>Sends a part of each. True when none has anything left for now.</summary>
    public bool Iterate()
    {
        var isDone = true;
        foreach (var (handler, sectionId) in active) isDone &= WritePart(SectionType.Part, handler, sectionId);
        return isDone;
    }

    /// <summary>
    /// Sends all that is left of those that must end before the machine runs at the destination: of all, or, before a switch to postcopy, of
    /// those that know none.
    /// </summary>
    public void Complete(bool beforePostcopy)
    {
        foreach (var (handler, sectionId) in active)
            if (!beforePostcopy || !handler.CanPostcopy) WriteEnd(handler, sectionId);
    }

    /// <summary>Sends all that is left of those that may go on in postcopy.</summary>
    public void CompletePostcopy()
    {
        foreach (var (handler, sectionId) in active)
        {
            if (!handler.CanPostcopy) continue;
            AreUnrepeatable = true;
            WriteEnd(handler, sectionId);
        }
    }

    /// <summary>It is over. Does not throw, so that every handler hears of it.</summary>
    public void Cleanup()
    {
        foreach (var handler in prepared) handler.Cleanup();
        prepared.Clear();
        active.Clear();
    }

    private bool WritePart(SectionType type, ILiveHandler handler, uint sectionId)
    {
        output.Clear();
        ForwardWriter.WriteSectionPart(output, type, sectionId);
        var head = output.Length;
        var isDone = handler.Iterate(output, PartBytes);
        if (output.Length == head) return isDone;
        ForwardWriter.WriteFooter(output, sectionId);
        control.Write(Main, output);
        return isDone;
    }

    private void WriteEnd(ILiveHandler handler, uint sectionId)
    {
        output.Clear();
        ForwardWriter.WriteSectionPart(output, SectionType.End, sectionId);
        handler.Complete(output);
        ForwardWriter.WriteFooter(output, sectionId);
        control.Write(Main, output);
    }
}
