using Savevm.Machine.Ram;

namespace Savevm.Hosting.Ram;

/// <summary>
/// The RAM of a machine without copies: long runs are its own memory. For a consumer that hands them to a system call at once and looks at nothing,
/// as a live migration does; what the machine writes meanwhile, its tracker tells.
/// </summary>
internal sealed class DirectRam(GuestRam ram, HostedRamBlock[] hosted) : IRamSource
{
    public IReadOnlyList<RamBlock> Blocks => ram.Blocks;

    public IPageReader OpenReader() => new HostedPageReader(hosted, isDirect: true);

    public IPageReader OpenStableReader() => new HostedPageReader(hosted);
}
