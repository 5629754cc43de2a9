using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Savevm.Machine.VMState;
using Savevm.Wire.Descriptions;

namespace Savevm.Machine.Tests.VMState;

/// <summary>The device sections of a recorded stream, cut by the sizes in its description: simple, slow, and without our readers.</summary>
internal sealed record RecordedDevices(IReadOnlyList<DeviceSection> Sections, VMDescription Description)
{
    internal static RecordedDevices Load(string name)
    {
        using Stream stored = typeof(RecordedDevices).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
        using var unpacked = new GZipStream(stored, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        unpacked.CopyTo(bytes);
        return Cut(bytes.ToArray());
    }

    internal static RecordedDevices Cut(byte[] stream)
    {
        int json = stream.Length;
        while (json < 6 || stream[json - 6] != 0 || stream[json - 5] != 6
            || BinaryPrimitives.ReadUInt32BigEndian(stream.AsSpan(json - 4)) != stream.Length - json)
            json--;
        VMDescription description = VMDescription.Parse(stream.AsSpan(json), json);
        var sections = new List<DeviceSection>();
        DescribedDevice first = description.Devices[0];
        byte[] head = [(byte)first.IdStr.Length, .. Encoding.ASCII.GetBytes(first.IdStr), .. Number(first.InstanceId), .. Number(first.Body.Version)];
        int at = stream.AsSpan().LastIndexOf(head) - 5;
        foreach (DescribedDevice device in description.Devices)
        {
            Assert.Equal(4, stream[at]);
            uint id = BinaryPrimitives.ReadUInt32BigEndian(stream.AsSpan(at + 1));
            int length = stream[at + 5];
            Assert.Equal(device.IdStr, Encoding.ASCII.GetString(stream, at + 6, length));
            uint version = BinaryPrimitives.ReadUInt32BigEndian(stream.AsSpan(at + 6 + length + 4));
            at += 6 + length + 8;
            sections.Add(new DeviceSection(device.IdStr, device.InstanceId, version, id, stream.AsMemory(at, device.BodyBytes)));
            at += device.BodyBytes;
            Assert.Equal(0x7e, stream[at]);
            Assert.Equal(id, BinaryPrimitives.ReadUInt32BigEndian(stream.AsSpan(at + 1)));
            at += 5;
        }
        Assert.Equal(json - 6, at);
        return new RecordedDevices(sections, description);
    }

    private static byte[] Number(uint value)
    {
        byte[] bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }
}
