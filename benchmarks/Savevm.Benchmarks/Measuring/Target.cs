namespace Savevm.Benchmarks.Measuring;

/// <summary>A figure that we want to reach.</summary>
/// <param name="Name">What it is about.</param>
/// <param name="Limit">The figure to reach.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="AtMost">Less is better.</param>
/// <param name="Value">What was measured; null when it was not.</param>
/// <param name="Decimals">How many digits behind the point are worth printing.</param>
internal sealed record Target(string Name, double Limit, string Unit, bool AtMost, double? Value, int Decimals = 2)
{
    /// <summary>Null when nothing was measured.</summary>
    public bool? IsReached => Value is { } value ? (AtMost ? value <= Limit : value >= Limit) : null;
}
