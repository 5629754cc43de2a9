using System.Buffers.Binary;
using System.Text;
using Savevm.VMState.Descriptions;
using Savevm.VMState.Imports;
using Savevm.VMState.Registries;
using Savevm.VMState.Saving;
using Savevm.VMState.Tests.Devices;
using Savevm.Wire;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Forward;

namespace Savevm.Interop.Devices;

/// <summary>
/// The devices of a QEMU as .NET objects: classes with attributes for those that there is a class for, the description behind the stream for
/// the others.
/// </summary>
internal sealed class DotNetMachine : IDeviceVisitor
{
    private const int DescriptionHeadBytes = 5;
    private const int SectionFrameBytes = 19;

    private readonly List<object> _devices = [];
    private readonly Dictionary<(string IdStr, uint Instance), int> _bodyBytes = [];
    private DescribedDevice _described;

    private DotNetMachine(byte[] ram) => Ram = ram;

    /// <summary>The stream before its first device section.</summary>
    public byte[] Ram { get; }

    public DeviceRegistry Registry { get; } = new();

    /// <summary>Names of the sections that are loaded into a class.</summary>
    public List<string> Classes { get; } = [];

    /// <summary>Takes a stream apart and loads its devices.</summary>
    public static DotNetMachine Read(byte[] stream)
    {
        // Which of the two comes first depends on the release.
        int json = Math.Max(stream.AsSpan().LastIndexOf("{\"page_size\""u8), stream.AsSpan().LastIndexOf("{\"configuration\""u8));
        VMDescription description = VMDescription.Parse(stream.AsSpan(json), json);
        DescribedDevice[] devices = [.. description.Devices];
        int sections = json - DescriptionHeadBytes - 1 - devices.Sum(device => device.BodyBytes + device.IdStr.Length + SectionFrameBytes);
        var machine = new DotNetMachine(stream[..sections]);
        foreach (DescribedDevice device in devices)
        {
            machine._described = device;
            machine._bodyBytes[(device.IdStr, device.InstanceId)] = device.BodyBytes;
            if (DeviceClasses.TryMake(device.IdStr, device.BodyBytes, machine))
                machine.Classes.Add(device.IdStr);
            else
                machine.Visit(DescriptionImport.Of(device), new FieldBag());
        }

        DeviceLoadReport report = machine.Registry.Load(stream.AsSpan(sections), sections);
        Assert.Empty(report.Missing);
        return machine;
    }

    public TDevice Device<TDevice>() => _devices.OfType<TDevice>().First();

    /// <summary>The whole stream: RAM as it was, the devices as they are now, the description of them.</summary>
    public byte[] Write(DescriptionDialect dialect)
    {
        var output = new WireWriter();
        output.WriteBytes(Ram);
        string json = Registry.SaveDescribed(output, dialect);
        ForwardWriter.WriteEndOfFile(output);
        ForwardWriter.WriteDescription(output, json);
        return output.WrittenSpan.ToArray();
    }

    public void Visit<TDevice>(VMStateDescription<TDevice> description, TDevice device)
    {
        string idStr = _described.IdStr;
        string? path = idStr == description.Name ? null : idStr[..(idStr.Length - description.Name.Length - 1)];
        Registry.Add(device, description, new DevicePlace(path, _described.InstanceId));
        _devices.Add(device!);
    }

    /// <summary>
    /// The bytes of sections without the numbers that a machine gives them. Where a section ends is taken from the description: the bytes of a
    /// footer may well stand within a device's state.
    /// </summary>
    public byte[] WithoutNumbers(ReadOnlySpan<byte> sections)
    {
        byte[] bytes = sections.ToArray();
        int at = 0;
        while (bytes[at] == 0x04)
        {
            int name = bytes[at + 5];
            string idStr = Encoding.ASCII.GetString(bytes, at + 6, name);
            uint instance = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at + 6 + name));
            int foot = at + 14 + name + _bodyBytes[(idStr, instance)];
            Assert.Equal([0x7e, .. bytes[(at + 1)..(at + 5)]], bytes[foot..(foot + 5)]);
            bytes.AsSpan(foot + 1, sizeof(uint)).Clear();
            bytes.AsSpan(at + 1, sizeof(uint)).Clear();
            at = foot + 5;
        }

        Assert.Equal([0], bytes[at..]);
        return bytes;
    }
}
