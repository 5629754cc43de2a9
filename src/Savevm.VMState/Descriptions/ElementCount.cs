namespace Savevm.VMState.Descriptions;

/// <summary>How many elements an array has: a fixed number, or what an earlier field says.</summary>
/// <param name="Fixed">The fixed number; not looked at where a field tells it.</param>
/// <param name="Field">Name of the field that tells it.</param>
/// <param name="Read">Reads that field.</param>
/// <param name="Factor">What it is multiplied by.</param>
internal sealed record ElementCount<TDevice>(int Fixed, string? Field, FieldCount<TDevice>? Read, int Factor = 1)
{
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
}
