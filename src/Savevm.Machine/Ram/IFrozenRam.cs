namespace Savevm.Machine.Ram;

/// <summary>
/// RAM as it was at one instant, read while the machine goes on. One snapshot per instance; one thread calls, and disposes it at the end, whatever
/// happened before: afterwards the machine's RAM is as free as ever.
/// </summary>
public interface IFrozenRam : IDisposable
{
    /// <summary>The blocks, from <see cref="Prepare"/> on of lengths that do not change.</summary>
    IReadOnlyList<RamBlock> Blocks { get; }

    /// <summary>Does everything that can be done while the machine runs.</summary>
    /// <exception cref="MachineRefusedException">This RAM, this kernel or this user cannot do it; the reason says which.</exception>
    void Prepare();

    /// <summary>The instant. The machine stands still; when this returns it may go on.</summary>
    /// <exception cref="MachineRefusedException">It cannot be done after all.</exception>
    void Freeze();

    /// <summary>The next pages, each page of the machine exactly once: first those that the machine wants to write to.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="run">Their content at the instant; valid until the next call.</param>
    /// <returns>False when all were given.</returns>
    /// <exception cref="IOException">Content of the instant was lost; the machine goes on unharmed, and there is no snapshot.</exception>
    bool TryNext(out PageAddress first, out PageRun run);
}
