using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Savevm.Wire.Descriptions;

namespace Savevm.VMState.Tests.Devices;

/// <summary>The device part of a stream that a real QEMU wrote, cut by its own description.</summary>
internal static class RealStream
{
    private const byte FullMark = 0x04;
    private const int FooterBytes = 5;

    internal static Section[] Load(string name)
    {
        byte[] stream = Unpack(name);
        int end = stream.AsSpan().LastIndexOf("\"devices\": [{\"name\""u8);
        int start = Math.Max(stream.AsSpan(0, end).LastIndexOf("{\"page_size\""u8), stream.AsSpan(0, end).LastIndexOf("{\"configuration\""u8));
        byte[] json = stream[start..];
        VMDescription description = VMDescription.Parse(json, start);
        string text = Encoding.ASCII.GetString(json);
        var sections = new List<Section>();
        int at = 0;
        int textAt = 0;
        foreach (DescribedDevice device in description.Devices)
        {
            Assert.Equal(FullMark, stream[at]);
            int body = at + 1 + 4 + 1 + device.IdStrUtf8.Length + 4 + 4;
            uint version = BinaryPrimitives.ReadUInt32BigEndian(stream.AsSpan(body - 4));
            string head = string.Create(CultureInfo.InvariantCulture, $"{{\"name\": \"{device.IdStr}\", \"instance_id\": {device.InstanceId}, ");
            int from = text.IndexOf(head, textAt, StringComparison.Ordinal);
            textAt = ObjectEnd(text, from);
            sections.Add(new Section(
                device.IdStr, device.InstanceId, version, stream[body..(body + device.BodyBytes)], "{" + text[(from + head.Length)..textAt]));
            at = body + device.BodyBytes + FooterBytes;
        }
        return [.. sections];
    }

    private static int ObjectEnd(string text, int from)
    {
        int depth = 0;
        for (int i = from; ; i++)
        {
            depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
            if (depth == 0)
                return i + 1;
        }
    }

    private static byte[] Unpack(string name)
    {
        using Stream stored = typeof(RealStream).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
        using var unpacked = new GZipStream(stored, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        unpacked.CopyTo(bytes);
        return bytes.ToArray();
    }
}
