using Savevm.Fuzz.Engine;
using Savevm.Wire;

namespace Savevm.Fuzz.Targets;

/// <summary>Promises that many readers make.</summary>
internal static class Promise
{
    /// <summary>Where the windows of the tests begin: far enough for an offset that somebody forgot to add to be seen.</summary>
    public const long Offset = 0x7000_0000_0000;

    internal delegate bool TryRead(ReadOnlySpan<byte> window, long offset, out int consumed);

    /// <summary>Writes what was read from the window again.</summary>
    internal delegate void Rewrite(ReadOnlySpan<byte> window, WireWriter writer);

    /// <summary>What must be so.</summary>
    public static void That(bool isKept, string promise, string details = "")
    {
        if (!isKept)
            throw new CheckFailedException(promise, details);
    }

    /// <summary>
    /// Reads one element: it consumes some of the window, or says that the window is too short, or names a place in the window. A shorter
    /// window gives the same answer or is too short. What was read is written again in the same bytes.
    /// </summary>
    /// <returns>Bytes consumed; 0 when the window is too short.</returns>
    public static int Element(string name, ReadOnlySpan<byte> window, TryRead read, Rewrite? rewrite = null, int cut = -1)
    {
        Answer whole = Ask(window, read);
        Check(name, window, whole);
        if (cut >= 0 && window.Length > 0)
        {
            ReadOnlySpan<byte> prefix = window[..(cut % window.Length)];
            Answer part = Ask(prefix, read);
            Check(name, prefix, part);
            That(
                part is { Consumed: 0, Refusal: null } || (part.Consumed == whole.Consumed && part.Refusal?.Offset == whole.Refusal?.Offset),
                $"{name}: what is seen first is true",
                $"{part} of {prefix.Length} bytes, {whole} of {window.Length}");
        }
        if (whole.Refusal is { } refusal)
            throw refusal;
        if (whole.Consumed > 0 && rewrite is not null)
        {
            var writer = new WireWriter();
            rewrite(window, writer);
            That(writer.WrittenSpan.SequenceEqual(window[..whole.Consumed]), $"{name}: is written as it was read", Convert.ToHexStringLower(writer.WrittenSpan));
        }
        return whole.Consumed;
    }

    private static Answer Ask(ReadOnlySpan<byte> window, TryRead read)
    {
        try
        {
            bool isDone = read(window, Offset, out int consumed);
            That(isDone ? consumed > 0 : consumed == 0, "says how much it consumed", $"{isDone}, {consumed}");
            return new Answer(consumed, null);
        }
        catch (WireException refusal)
        {
            return new Answer(0, refusal);
        }
    }

    private static void Check(string name, ReadOnlySpan<byte> window, Answer answer)
    {
        That(answer.Consumed <= window.Length, $"{name}: consumes what is there", $"{answer.Consumed} of {window.Length}");
        if (answer.Refusal is { } refusal)
            That(refusal.Offset >= Offset && refusal.Offset <= Offset + window.Length, $"{name}: names a place in the window", refusal.Message);
    }

    private readonly record struct Answer(int Consumed, WireException? Refusal);
}
