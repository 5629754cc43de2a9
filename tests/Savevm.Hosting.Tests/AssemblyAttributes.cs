// Soft-dirty bits are cleared for the whole process, and tests that force collections of garbage would slow each other down.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
