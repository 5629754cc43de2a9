namespace Savevm.Wire.Tests.Vectors;

/// <summary>A second reader of multifd channels and of return paths, as <see cref="SlowStreamReader"/> is one of main streams.</summary>
internal static class SlowChannelReader
{
    internal static List<string> ReadMultifd(byte[] bytes)
    {
        var input = new SlowBytes(bytes);
        var lines = new List<string> { $"{input.Number(4):x8} {input.Number(4)} {Convert.ToHexStringLower(input.Take(16))} channel {input.Byte()}" };
        input.At = 64;
        while (!input.IsAtEnd)
        {
            int at = input.At;
            string line = $"{at:x6} {input.Number(4):x8} {input.Number(4)} flags {input.Number(4)}";
            ulong slots = input.Number(4);
            int normal = (int)input.Number(4);
            int announced = (int)input.Number(4);
            ulong number = input.Number(8);
            int zero = (int)input.Number(4);
            input.At = at + 64;
            string name = input.Text(256).Split('\0')[0];
            line += $" slots {slots} number {number} announced {announced}";
            if (normal + zero > 0)
                line += $" {name}";
            line += " pages" + Addresses(input, normal) + " zero" + Addresses(input, zero);
            input.At = at + 1344;
            byte[] payload = input.Take(normal > 0 ? announced : 0);
            lines.Add($"{line} payload {payload.Length} {Sum.Of(payload)}");
        }
        return lines;
    }

    internal static List<string> ReadReturnPath(byte[] bytes, IReadOnlyDictionary<string, int> pages)
    {
        string[] names = ["", "SHUT", "PONG", "REQ_PAGES_ID", "REQ_PAGES", "RECV_BITMAP", "RESUME_ACK", "SWITCHOVER_ACK"];
        var input = new SlowBytes(bytes);
        var lines = new List<string>();
        while (!input.IsAtEnd)
        {
            int at = input.At;
            string name = names[input.Number(2)];
            byte[] payload = input.Take((int)input.Number(2));
            var fields = new SlowBytes(payload);
            string line = name switch
            {
                "SHUT" or "PONG" or "RESUME_ACK" => $" {fields.Number(4)}",
                "REQ_PAGES" => $" 0x{fields.Number(8):x}+0x{fields.Number(4):x}",
                "REQ_PAGES_ID" => $" 0x{fields.Number(8):x}+0x{fields.Number(4):x} {fields.Name()}",
                "RECV_BITMAP" => $" {fields.Name()}",
                _ => "",
            };
            if (name == "RECV_BITMAP")
            {
                byte[] bits = input.Take((int)input.Number(8));
                int received = Enumerable.Range(0, pages[line[1..]]).Count(page => bits[page / 8] / (1 << (page % 8)) % 2 == 1);
                line += $" {bits.Length} {Sum.Of(bits)} received {received} mark {input.Number(8):x16}";
            }
            lines.Add($"{at:x6} {name}{line}");
        }
        return lines;
    }

    private static string Addresses(SlowBytes input, int count) =>
        string.Concat(Enumerable.Range(0, count).Select(_ => $" {input.Number(8):x}"));
}
