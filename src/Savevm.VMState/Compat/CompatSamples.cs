using Savevm.VMState.Descriptions;
using Savevm.VMState.Registries;
using Savevm.Wire;
using Savevm.Wire.Forward;

namespace Savevm.VMState.Compat;

/// <summary>
/// Samples of every state that a project ever released, in a folder that is committed with it. A test loads all of them into the devices
/// of today. A sample is a file of device state (<c>*.devices</c>) or one section with its head and footer (<c>*.section</c>).
/// </summary>
public static class CompatSamples
{
    /// <summary>How the name of a file of device state ends.</summary>
    public const string DevicesExtension = ".devices";

    /// <summary>How the name of a file with one section ends.</summary>
    public const string SectionExtension = ".section";

    /// <summary>Loads every sample.</summary>
    /// <param name="folder">The folder; those below it are looked into, too.</param>
    /// <param name="create">Makes the machine of today; called for each sample, so that none is loaded into what another left.</param>
    /// <returns>A row for each sample, in the order of their names.</returns>
    /// <exception cref="InvalidDataException">There is no sample, which would prove nothing.</exception>
    /// <exception cref="IOException">A file cannot be read, or the folder is not there.</exception>
    public static IReadOnlyList<CompatResult> Load(string folder, Func<DeviceRegistry> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        string[] files =
        [
            .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(path => Path.GetExtension(path) is DevicesExtension or SectionExtension).Order(StringComparer.Ordinal),
        ];
        if (files.Length == 0)
            throw new InvalidDataException($"'{folder}' has no sample ({DevicesExtension}, {SectionExtension}).");
        return [.. files.Select(path => LoadFile(Path.GetRelativePath(folder, path), path, create()))];
    }

    /// <summary>Writes the state of a machine as the sample of a release.</summary>
    /// <param name="folder">The folder; it is made where it is missing.</param>
    /// <param name="release">Name of the release, which the file gets.</param>
    /// <param name="machine">The machine, with values that a reader of the test can tell from those of a new one.</param>
    /// <returns>The path of the file.</returns>
    /// <exception cref="VMStateSaveException">A device cannot be saved.</exception>
    /// <exception cref="IOException">The file is there already: what was released does not change.</exception>
    public static string Write(string folder, string release, DeviceRegistry machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        var output = new WireWriter();
        machine.SaveDeviceState(output);
        return WriteFile(folder, release + DevicesExtension, output);
    }

    /// <summary>Writes the state of one device as the sample of a release.</summary>
    /// <param name="folder">The folder; it is made where it is missing.</param>
    /// <param name="release">Name of the release, which the file gets.</param>
    /// <param name="device">The device.</param>
    /// <param name="description">What its state consists of.</param>
    /// <returns>The path of the file.</returns>
    /// <exception cref="VMStateSaveException">The device cannot be saved.</exception>
    /// <exception cref="IOException">The file is there already: what was released does not change.</exception>
    public static string WriteSection<TDevice>(string folder, string release, TDevice device, VMStateDescription<TDevice> description)
    {
        var machine = new DeviceRegistry();
        machine.Add(device, description);
        var output = new WireWriter();
        machine.Save(output);
        return WriteFile(folder, release + SectionExtension, output);
    }

    private static CompatResult LoadFile(string name, string path, DeviceRegistry machine)
    {
        try
        {
            if (new FileInfo(path).Length > VMStateLimits.MaxStateFileBytes)
                return new CompatResult(name, machine, null, $"longer than {VMStateLimits.MaxStateFileBytes} bytes");
            byte[] bytes = File.ReadAllBytes(path);
            DeviceLoadReport report = Path.GetExtension(path) == DevicesExtension
                ? machine.LoadDeviceState(bytes)
                : machine.Load([.. bytes, (byte)SectionType.Eof]);
            return new CompatResult(name, machine, report, null);
        }
        catch (VMStateLoadException exception)
        {
            return new CompatResult(name, machine, null, exception.Message);
        }
        catch (WireException exception)
        {
            return new CompatResult(name, machine, null, exception.Message);
        }
    }

    private static string WriteFile(string folder, string name, WireWriter output)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, name);
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        file.Write(output.WrittenSpan);
        return path;
    }
}
