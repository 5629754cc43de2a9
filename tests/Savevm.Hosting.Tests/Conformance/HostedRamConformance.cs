using Savevm.Hosting.Ram;
using Savevm.Machine.Ram;
using Savevm.Repository.Tests.Conformance;

namespace Savevm.Hosting.Tests.Conformance;

/// <summary>The RAM of a hosted machine as a sink and source of RAM, for one kind of backing.</summary>
public abstract class HostedRamConformance : RamConformance
{
    // The suite declares these; in another order here, since blocks are found by name.
    private static readonly (string IdStr, int Pages)[] Layout = [("odd", 35), ("main", 100), ("empty", 0), ("small", 1)];

    protected abstract RamBacking Backing(string idStr);

    protected override IRamRoundTrip Open() => new RoundTrip(new GuestRam(
        [.. Layout.Select(block => new RamBlockLayout(block.IdStr, 0) { MaxLength = block.Pages * RamBlock.PageSize, Backing = Backing(block.IdStr) })]));

    private sealed class RoundTrip : IRamRoundTrip
    {
        private readonly GuestRam ram;

        internal RoundTrip(GuestRam ram)
        {
            this.ram = ram;
            Sink = ram.OpenSink();
        }

        public IRamSink Sink { get; }

        // The suite asks for blocks in the order in which it declared them.
        public IRamSource Complete() => new Reordered(ram, ["main", "small", "empty", "odd"]);

        public void Dispose() => ram.Dispose();
    }

    private sealed class Reordered(GuestRam ram, string[] names) : IRamSource
    {
        private readonly int[] order = [.. names.Select(name => ram.Find(name)!.Index)];

        public IReadOnlyList<RamBlock> Blocks => [.. order.Select((at, index) => ram.Blocks[at] with { Index = index })];

        public IPageReader OpenReader() => new Reader(ram.OpenReader(), order);

        private sealed class Reader(IPageReader reader, int[] order) : IPageReader
        {
            public PageRun Read(int blockIndex, long firstPage, int maxPages) => reader.Read(order[blockIndex], firstPage, maxPages);

            public void Dispose() => reader.Dispose();
        }
    }
}
