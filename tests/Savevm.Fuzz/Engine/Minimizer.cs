namespace Savevm.Fuzz.Engine;

/// <summary>Makes an input smaller that breaks a promise, as long as it breaks the same one.</summary>
internal static class Minimizer
{
    private const int MaxExecutions = 5000;

    public static byte[] Minimize(FuzzTarget target, byte[] input, string signature)
    {
        int executions = 0;
        for (int piece = Math.Max(1, input.Length / 2); piece > 0; piece /= 2)
        {
            for (int at = input.Length - piece; at >= 0; at -= piece)
            {
                byte[] shorter = [.. input.AsSpan(0, at), .. input.AsSpan(at + piece)];
                if (IsSame(shorter))
                    input = shorter;
                at = Math.Min(at, input.Length);
            }
        }
        for (int at = 0; at < input.Length; at++)
        {
            byte[] plainer = [.. input];
            plainer[at] = 0;
            if (input[at] != 0 && IsSame(plainer))
                input = plainer;
        }
        return input;

        bool IsSame(byte[] candidate) => executions++ < MaxExecutions && target.Execute(candidate)?.Signature == signature;
    }
}
