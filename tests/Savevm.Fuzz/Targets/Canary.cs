using Savevm.Fuzz.Engine;

namespace Savevm.Fuzz.Targets;

/// <summary>A reader with a defect, to see that the runner finds what is there: no input of a few bytes gets to it by chance.</summary>
internal static class Canary
{
    public static IEnumerable<FuzzTarget> Rows =>
    [
        new("canary", "a reader that is broken on purpose", Read, () => [[]]) { MaxBytes = 64, IsCanary = true },
        new("canary-loop", "a reader that never ends, on purpose", Loop, () => ["loop"u8.ToArray()]) { MaxBytes = 64, IsCanary = true },
    ];

    /// <summary>Believes the length behind a mark of four bytes.</summary>
    private static void Read(ReadOnlySpan<byte> input)
    {
        if (input.Length < 6)
            return;
        if (input[0] != 'S')
            return;
        if (input[1] != 'V')
            return;
        if (input[2] != 'M')
            return;
        if (input[3] != '!')
            return;
        _ = input.Slice(5, input[4]);
    }

    private static void Loop(ReadOnlySpan<byte> input)
    {
        bool isEndless = input.StartsWith("loop"u8);
        while (isEndless)
            Thread.SpinWait(1);
    }
}
