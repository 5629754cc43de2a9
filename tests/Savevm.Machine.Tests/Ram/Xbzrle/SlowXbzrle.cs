namespace Savevm.Machine.Tests.Ram.Xbzrle;

/// <summary>Encoder and decoder written from chapter 4.5 of <c>docs/wire-format.md</c> alone: a byte at a time, a sentence a line.</summary>
internal static class SlowXbzrle
{
    /// <summary>The difference; empty when the pages are equal; null when it does not fit into <paramref name="limit"/> bytes.</summary>
    internal static byte[]? Encode(byte[] before, byte[] now, int limit)
    {
        var output = new List<byte>();
        var at = 0;
        while (at < now.Length)
        {
            // Room for the length of a run is wanted before it is known whether there is one.
            if (output.Count + 2 > limit) return null;
            var start = at;
            while (at < now.Length && before[at] == now[at]) at++;
            if (at == now.Length) break;
            AddLength(output, at - start);
            if (output.Count + 2 > limit) return null;
            start = at;
            while (at < now.Length && before[at] != now[at]) at++;
            AddLength(output, at - start);
            if (output.Count + at - start > limit) return null;
            output.AddRange(now[start..at]);
        }
        return [.. output];
    }

    /// <summary>The page afterwards; null when the difference is refused.</summary>
    internal static byte[]? Decode(byte[] source, byte[] before)
    {
        byte[] page = [.. before];
        var at = 0;
        var to = 0;
        var isFirst = true;
        while (at < source.Length)
        {
            if (ReadLength(source, ref at) is not { } keep || (keep == 0 && !isFirst) || to + keep > page.Length) return null;
            to += keep;
            if (ReadLength(source, ref at) is not { } literals || literals == 0) return null;
            for (var i = 0; i < literals; i++)
            {
                if (at == source.Length || to == page.Length) return null;
                page[to++] = source[at++];
            }
            isFirst = false;
        }
        return page;
    }

    private static void AddLength(List<byte> output, int length)
    {
        if (length < 128) output.Add((byte)length);
        else output.AddRange([(byte)(128 + (length % 128)), (byte)(length / 128)]);
    }

    private static int? ReadLength(byte[] source, ref int at)
    {
        if (source.Length - at < 2) return null;
        int low = source[at++];
        if (low < 128) return low;
        int high = source[at++];
        return high < 128 ? low - 128 + (high * 128) : null;
    }
}
