namespace Savevm.Fuzz.Engine;

/// <summary>A reader did not keep a promise. The first word tells one broken promise from another; numbers come behind it.</summary>
internal sealed class CheckFailedException(string promise, string details) : Exception($"{promise}: {details}")
{
    /// <summary>The promise, the same for every input that breaks it.</summary>
    public string Promise { get; } = promise;
}
