using System.Diagnostics;

namespace Savevm.Fuzz.Engine;

/// <summary>A broken promise.</summary>
/// <param name="Signature">Tells this defect from others, whatever the input.</param>
/// <param name="Details">What was seen with this input.</param>
internal sealed record FuzzFind(string Signature, string Details)
{
    /// <summary>The find that an exception is: its kind, and the method of ours that it came through first.</summary>
    public static FuzzFind Of(Exception failure)
    {
        if (failure is CheckFailedException check)
            return new FuzzFind(check.Promise, check.Message);
        string place = new StackTrace(failure).GetFrames()
            .Select(frame => frame.GetMethod())
            .Select(method => $"{method?.DeclaringType?.FullName}.{method?.Name}")
            .FirstOrDefault(name => name.StartsWith("Savevm.", StringComparison.Ordinal)) ?? "unknown";
        return new FuzzFind($"{failure.GetType().Name} in {place}", failure.ToString());
    }
}
