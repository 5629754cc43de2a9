using Savevm.VMState.Loading;

namespace Savevm.VMState.Descriptions;

/// <summary>How many elements an array has: a fixed number, or what an earlier field says.</summary>
/// <param name="Fixed">The fixed number; not looked at where a field tells it.</param>
/// <param name="Field">Name of the field that tells it.</param>
/// <param name="Read">Reads that field.</param>
/// <param name="Factor">What it is multiplied by.</param>
internal sealed record ElementCount<TDevice>(int Fixed, string? Field, FieldCount<TDevice>? Read, int Factor = 1)
{
    private FieldAllocation<TDevice>? _allocate;
    private int _limit;

    internal bool IsAllocated => _allocate is not null;

    internal long In(ref TDevice device)
    {
        if (Read is null)
            return Fixed;
        long read = Read(ref device);
        if (read <= 0)
            return read;
        // Out of every range rather than around it: what is multiplied came from the stream.
        return read > int.MaxValue ? long.MaxValue : read * Factor;
    }

    /// <summary>The array is made when a state is loaded. Called while the description is built.</summary>
    internal void Allocate(int limit, FieldAllocation<TDevice> allocate)
    {
        _limit = limit;
        _allocate = allocate;
    }

    /// <summary>Makes the array that is about to be loaded, if that is how it is meant, once its count is known to be possible.</summary>
    /// <param name="device">The device.</param>
    /// <param name="loader">Where the bytes are.</param>
    /// <param name="least">Bits that the least element has: no array is made of more elements than there are bytes for.</param>
    /// <param name="what">What is counted, for messages.</param>
    internal void MakeRoom(ref TDevice device, ref VMStateLoader loader, int least, string what)
    {
        if (_allocate is null)
            return;
        int count = loader.CheckCount(In(ref device), _limit, what);
        long bytes = ((long)count * least) / 8;
        if (bytes > loader.Remaining)
            throw loader.Error($"{bytes} bytes", $"{loader.Remaining}, where the section ends");
        _allocate(ref device, count);
    }
}
