namespace Savevm.Benchmarks.Measuring;

/// <summary>One thing that is measured: a column of the report.</summary>
/// <param name="Name">Its name in JSON.</param>
/// <param name="Title">Its head in the table.</param>
/// <param name="Unit">Its unit.</param>
internal sealed record Quantity(string Name, string Title, string Unit);
