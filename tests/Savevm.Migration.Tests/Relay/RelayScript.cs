using Savevm.Machine.Ram;
using Savevm.Migration.Tests.Doubles;
using Savevm.Migration.Tests.Incoming;
using Savevm.Transport;
using Savevm.Wire.Forward;

namespace Savevm.Migration.Tests.Relay;

/// <summary>What the source of a relay says.</summary>
internal static class RelayScript
{
    private const ulong Page = RamBlock.PageSize;

    /// <summary>A stream to the end of the package: one block, of which all pages but the first are to come again.</summary>
    public static SourceScript Switch(int pages = 4) => new SourceScript().Opening().ReturnPath().Advise().Blocks(("pc.ram", (ulong)pages * Page))
        .Pages(SectionType.Part, ("pc.ram", 0, 9), (null, Page, null)).Discard("pc.ram", Page, (ulong)(pages - 1) * Page)
        .Package(new SourceScript().Command(CommandType.PostcopyListen).Device("cpu", 5, 1, 2).Command(CommandType.PostcopyRun));

    /// <summary>Brings a relay to postcopy, in which all pages but the first are missing.</summary>
    public static (IByteChannel Source, Drain Back, RelayedDestination There) Switched(RelayStage stage, out SourceScript script, int pages = 4)
    {
        var source = stage.ComeToRelay();
        var there = new RelayedDestination(stage.NextAtDestination());
        script = Switch(pages);
        source.Write(script.Bytes);
        var bytes = script.Bytes.Length;
        stage.Until(() => there.Received >= bytes, "the package has arrived");
        stage.Until(() => stage.Relay.Standing is not null, "postcopy begins");
        there.Say("0002 0004 00001234");
        return (source, new Drain(source), there);
    }
}
