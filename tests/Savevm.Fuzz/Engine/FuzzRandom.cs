namespace Savevm.Fuzz.Engine;

/// <summary>Numbers that depend on the seed alone, in every release of the runtime: a run can be repeated. The generator is SplitMix64.</summary>
internal sealed class FuzzRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        _state += 0x9e3779b97f4a7c15;
        ulong value = _state;
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }

    /// <summary>A number from 0 to <paramref name="limit"/> - 1.</summary>
    public int Below(int limit) => (int)(((UInt128)Next() * (uint)limit) >> 64);

    /// <summary>A number from 0 to <paramref name="limit"/> - 1, of which small ones are likelier.</summary>
    public int SmallBelow(int limit) => Below(1 + Below(limit));
}
