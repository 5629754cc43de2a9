using System.Globalization;
using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;
using Savevm.Wire;
using Savevm.Wire.Forward;

namespace Savevm.VMState.Registries;

/// <summary>
/// The devices of a machine: saved in QEMU's order, loaded by name and number. It writes the sections of a stream, with the description
/// behind it, or a file of device state alone. Not for several threads at once; devices must stand still while they are saved or loaded.
/// </summary>
public sealed class DeviceRegistry
{
    private readonly List<DeviceRegistration> _devices = [];
    private uint _nextSectionId;

    /// <summary>The devices, in the order in which they are saved: by priority, then by registration.</summary>
    public IReadOnlyList<DeviceRegistration> Devices => [.. _devices.OrderByDescending(device => device.Description.Priority)];

    /// <summary>Adds a device with the description of a type.</summary>
    /// <param name="device">The device. A value is copied: give a class that holds it.</param>
    /// <param name="description">What its state consists of.</param>
    /// <param name="place">Where it stands; without a path where it is not given.</param>
    /// <returns>What <see cref="Remove"/> takes.</returns>
    /// <exception cref="ArgumentException">The name is too long, or another device has name and number already.</exception>
    public DeviceRegistration Add<TDevice>(TDevice device, VMStateDescription<TDevice> description, DevicePlace? place = null)
    {
        ArgumentNullException.ThrowIfNull(description);
        place ??= new DevicePlace();
        if (_devices.Count == VMStateLimits.MaxDevices)
            throw new InvalidOperationException($"More than {VMStateLimits.MaxDevices} devices.");
        string idStr = place.Path is null ? description.Name : $"{place.Path}/{description.Name}";
        if (idStr.Length > WireLimits.MaxIdStrBytes)
            throw new ArgumentException($"A device name of {idStr.Length} bytes.", nameof(place));
        uint instanceId = place.InstanceId ?? NextInstance(idStr);
        if (_devices.Exists(other => other.IdStr == idStr && other.InstanceId == instanceId))
            throw new ArgumentException($"Device '{idStr}' {instanceId} is registered already.", nameof(place));
        var registration = new TypedRegistration<TDevice>(place, instanceId, _nextSectionId++, device, description);
        _devices.Add(registration);
        return registration;
    }

    /// <summary>Takes a device out. The numbers of the others stay.</summary>
    /// <param name="registration">What <see cref="Add"/> returned.</param>
    /// <returns>False: it was not there.</returns>
    public bool Remove(DeviceRegistration registration) => _devices.Remove(registration);

    /// <summary>Puts a device back that was taken out, with the numbers that it had.</summary>
    /// <param name="registration">What <see cref="Add"/> returned.</param>
    /// <exception cref="ArgumentException">It is there, or another device has name and number by now.</exception>
    public void Restore(DeviceRegistration registration)
    {
        ArgumentNullException.ThrowIfNull(registration);
        if (_devices.Exists(other => other.IdStr == registration.IdStr && other.InstanceId == registration.InstanceId))
            throw new ArgumentException($"Device '{registration.IdStr}' {registration.InstanceId} is registered already.", nameof(registration));
        _devices.Add(registration);
    }

    /// <summary>How many numbers of sections have been given out; every section of a device has a smaller one.</summary>
    public uint SectionCount => _nextSectionId;

    /// <summary>The devices that cannot be saved, each with the reason for a person.</summary>
    public IReadOnlyList<(DeviceRegistration Device, string Reason)> Blockers =>
        [.. from device in _devices where device.Description.Unmigratable is not null select (device, device.Description.Unmigratable!)];

    /// <summary>Writes a FULL section of each device, with footers.</summary>
    /// <param name="output">Takes the bytes.</param>
    /// <exception cref="VMStateSaveException">A device cannot be saved. What was written must be thrown away.</exception>
    public void Save(WireWriter output) => Save(new VMStateSaver(output));

    /// <summary>Writes a FULL section of each device, with footers, and describes them.</summary>
    /// <param name="output">Takes the bytes.</param>
    /// <param name="dialect">Whose form the description has.</param>
    /// <param name="pageSize">Target page size in bytes, which the description tells.</param>
    /// <returns>The JSON text that stands behind the stream's end mark.</returns>
    /// <exception cref="VMStateSaveException">A device cannot be saved. What was written must be thrown away.</exception>
    public string SaveDescribed(WireWriter output, DescriptionDialect dialect, int pageSize = 4096)
    {
        var json = new DescriptionText();
        json.StartObject();
        json.Member("page_size", pageSize);
        json.StartArray("devices");
        Save(new VMStateSaver(output, json, dialect));
        json.EndArray();
        json.EndObject();
        return json.Text;
    }

    /// <summary>Saves each device alone, for who frames the sections himself, and describes them.</summary>
    /// <param name="dialect">Whose form the description has.</param>
    /// <param name="description">The JSON text that stands behind the stream's end mark.</param>
    /// <param name="machineName">Name in the stream's configuration section, which newer forms describe too; null for a stream without one.</param>
    /// <param name="pageSize">Target page size in bytes, which the description tells.</param>
    /// <returns>The devices in the order in which they are saved.</returns>
    /// <exception cref="VMStateSaveException">A device cannot be saved.</exception>
    public IReadOnlyList<SavedDevice> SaveEach(
        DescriptionDialect dialect, out string description, string? machineName = null, int pageSize = 4096)
    {
        var json = new DescriptionText();
        json.StartObject();
        if (machineName is not null && dialect != DescriptionDialect.Qemu72)
            DescribeConfiguration(json, machineName.Length);
        json.Member("page_size", pageSize);
        json.StartArray("devices");
        var saved = new List<SavedDevice>(_devices.Count);
        foreach (DeviceRegistration device in Devices)
        {
            var output = new WireWriter();
            json.StartObject();
            json.Member("name", device.IdStr);
            json.Member("instance_id", device.InstanceId);
            device.Save(new VMStateSaver(output, json, dialect));
            json.EndObject();
            saved.Add(new SavedDevice(device, output.WrittenMemory));
        }
        json.EndArray();
        json.EndObject();
        description = json.Text;
        return saved;
    }

    /// <summary>Loads one section's body, which must be used up, into the device that answers to its name.</summary>
    /// <param name="idStr">Name of the section.</param>
    /// <param name="instanceId">Number among sections of the same name.</param>
    /// <param name="version">Version of the device's description.</param>
    /// <param name="body">The bytes between header and footer.</param>
    /// <param name="offset">Offset of the body, for messages.</param>
    /// <returns>The device.</returns>
    /// <exception cref="VMStateLoadException">No device answers, or the body does not fit it.</exception>
    public DeviceRegistration LoadOne(string idStr, uint instanceId, uint version, ReadOnlySpan<byte> body, long offset = 0)
    {
        var header = new SectionHeader(SectionType.Full, 0, idStr, instanceId, version);
        DeviceRegistration device = Find(header, offset);
        int used = LoadBody(device, header, body, offset);
        if (used < body.Length)
        {
            var exception = new VMStateLoadException(offset + used, $"the end of section '{idStr}'", $"{body.Length - used} more bytes");
            exception.Of(device.ToString());
            throw exception;
        }
        return device;
    }

    /// <summary>Writes what QEMU's <c>xen-save-devices-state</c> puts into a file: header, sections, end mark; no RAM and no description.</summary>
    /// <param name="output">Takes the bytes.</param>
    /// <exception cref="VMStateSaveException">A device cannot be saved. What was written must be thrown away.</exception>
    public void SaveDeviceState(WireWriter output)
    {
        ForwardWriter.WriteHeader(output);
        Save(output);
        ForwardWriter.WriteEndOfFile(output);
    }

    /// <summary>Loads what <see cref="SaveDeviceState"/>, or QEMU, wrote.</summary>
    /// <param name="file">The whole file.</param>
    /// <returns>Which devices were loaded and which were missing.</returns>
    /// <exception cref="WireException">The file is not such a file.</exception>
    /// <exception cref="VMStateLoadException">A section is unknown, or does not fit its device. Devices before it are loaded.</exception>
    public DeviceLoadReport LoadDeviceState(ReadOnlySpan<byte> file)
    {
        if (file.Length > VMStateLimits.MaxStateFileBytes)
            throw new WireException(0, $"device state of {file.Length} bytes");
        if (!ForwardReader.TryReadHeader(file, 0, out int consumed))
            throw new WireException(0, $"{file.Length} bytes, shorter than the header");
        return Load(file[consumed..], consumed);
    }

    /// <summary>Loads FULL sections up to the end mark.</summary>
    /// <param name="sections">The sections and the end mark; what follows is not looked at.</param>
    /// <param name="offset">Offset of the first byte, for messages.</param>
    /// <returns>Which devices were loaded and which were missing.</returns>
    /// <exception cref="WireException">The bytes are no sections.</exception>
    /// <exception cref="VMStateLoadException">A section is unknown, or does not fit its device. Devices before it are loaded.</exception>
    public DeviceLoadReport Load(ReadOnlySpan<byte> sections, long offset = 0)
    {
        var loaded = new List<DeviceRegistration>();
        int at = 0;
        while (true)
        {
            if (at == sections.Length)
                throw new WireException(offset + at, "the sections end without an end mark");
            if (sections[at] == (byte)SectionType.Eof)
                break;
            if (sections[at] != (byte)SectionType.Full)
                throw new WireException(offset + at, string.Create(CultureInfo.InvariantCulture, $"byte 0x{sections[at]:x2} where a device section begins"));
            if (!ForwardReader.TryReadSectionHeader(sections[at..], offset + at, out SectionHeader header, out int head))
                throw new WireException(offset + at, "the head of a section is cut off");
            DeviceRegistration device = Find(header, offset + at);
            at += head;
            at += LoadBody(device, header, sections[at..], offset + at);
            if (!ForwardReader.TryReadFooter(sections[at..], offset + at, header.SectionId, out int foot))
                throw new WireException(offset + at, "the footer of a section is cut off");
            at += foot;
            loaded.Add(device);
        }
        return new DeviceLoadReport(loaded, [.. Devices.Except(loaded)]);
    }

    private static void DescribeConfiguration(DescriptionText json, int nameBytes)
    {
        json.StartObject("configuration");
        json.Member("vmsd_name", "configuration");
        json.Member("version", 1);
        json.StartArray("fields");
        DescribeField(json, "len", "uint32", sizeof(uint));
        DescribeField(json, "name", "buffer", nameBytes);
        json.EndArray();
        json.EndObject();
    }

    private static void DescribeField(DescriptionText json, string name, string type, int size)
    {
        json.StartObject();
        json.Member("name", name);
        json.Member("type", type);
        json.Member("size", size);
        json.EndObject();
    }

    private void Save(VMStateSaver saver)
    {
        foreach (DeviceRegistration device in Devices)
        {
            saver.Json?.StartObject();
            saver.Json?.Member("name", device.IdStr);
            saver.Json?.Member("instance_id", device.InstanceId);
            ForwardWriter.WriteSectionStart(
                saver.Output, SectionType.Full, device.SectionId, device.IdStr, device.InstanceId, device.Description.Version);
            device.Save(saver);
            ForwardWriter.WriteFooter(saver.Output, device.SectionId);
            saver.Json?.EndObject();
        }
    }

    private DeviceRegistration Find(in SectionHeader header, long offset)
    {
        string idStr = header.IdStr ?? "";
        uint instanceId = header.InstanceId;
        return _devices.Find(device => device.Answers(idStr, instanceId))
            ?? throw new VMStateLoadException(offset, "a section of a registered device", $"'{idStr}' {instanceId}");
    }

    private static int LoadBody(DeviceRegistration device, in SectionHeader header, ReadOnlySpan<byte> bytes, long offset)
    {
        var loader = new VMStateLoader(bytes, offset);
        try
        {
            device.Load(ref loader, header.VersionId);
        }
        catch (VMStateLoadException exception) when (exception.Of(device.ToString()))
        {
            throw;
        }
        return loader.Position;
    }

    // QEMU's rule: one above the highest of that name.
    private uint NextInstance(string idStr)
    {
        uint next = 0;
        foreach (DeviceRegistration device in _devices)
        {
            if (device.IdStr == idStr && device.InstanceId >= next)
                next = checked(device.InstanceId + 1);
        }
        return next;
    }
}
