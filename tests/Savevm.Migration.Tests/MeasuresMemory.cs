namespace Savevm.Migration.Tests;

/// <summary>Tests that measure what the process keeps in memory: nothing else runs beside them.</summary>
[CollectionDefinition(nameof(MeasuresMemory), DisableParallelization = true)]
public sealed class MeasuresMemory;
