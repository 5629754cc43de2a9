namespace Savevm.VMState.Fields;

/// <summary>How one plain value is written. Implemented by empty structures, so that the compiler makes code for each.</summary>
internal interface IScalar<TValue>
{
    static abstract int Bytes { get; }

    static abstract void Write(Span<byte> target, TValue value);

    static abstract TValue Read(ReadOnlySpan<byte> source);
}
