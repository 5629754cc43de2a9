namespace Savevm.VMState.Tests.Descriptions;

internal sealed class Nest
{
    internal Nest? Inner;

    internal int Depth => 1 + (Inner?.Depth ?? 0);
}
