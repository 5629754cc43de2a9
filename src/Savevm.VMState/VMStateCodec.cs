using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;
using Savevm.Wire;

namespace Savevm.VMState;

/// <summary>
/// Saves and loads devices of one type: the body of a device section, as QEMU has it between header and footer. Any thread may use it,
/// each on devices of its own.
/// </summary>
/// <typeparam name="TDevice">The device: a class or a value.</typeparam>
/// <param name="description">What the state consists of.</param>
public sealed class VMStateCodec<TDevice>(VMStateDescription<TDevice> description)
{
    /// <summary>What the state consists of.</summary>
    public VMStateDescription<TDevice> Description { get; } = description;

    /// <summary>Saves a device.</summary>
    /// <param name="device">The device; its hooks may change it.</param>
    /// <param name="output">Takes the bytes.</param>
    /// <exception cref="VMStateSaveException">It is of a kind that is never saved, a hook refused, or an array does not fit its count.</exception>
    public void Save(ref TDevice device, WireWriter output) => Save(ref device, new VMStateSaver(output));

    /// <summary>Saves a device with a saver that is used again, which allocates nothing.</summary>
    /// <param name="device">The device; its hooks may change it.</param>
    /// <param name="saver">Takes the bytes.</param>
    /// <exception cref="VMStateSaveException">It is of a kind that is never saved, a hook refused, or an array does not fit its count.</exception>
    public void Save(ref TDevice device, VMStateSaver saver)
    {
        if (Description.Unmigratable is { } reason)
            throw new VMStateSaveException(Description.Name, reason);
        Description.Save(ref device, saver);
    }

    /// <summary>Saves a device and describes what was saved as QEMU does behind a stream.</summary>
    /// <param name="device">The device; its hooks may change it.</param>
    /// <param name="output">Takes the bytes.</param>
    /// <param name="dialect">Whose form the description has.</param>
    /// <returns>A JSON object with <c>vmsd_name</c>, <c>version</c>, <c>fields</c> and perhaps <c>subsections</c>.</returns>
    /// <exception cref="VMStateSaveException">It is of a kind that is never saved, a hook refused, or an array does not fit its count.</exception>
    public string SaveDescribed(ref TDevice device, WireWriter output, DescriptionDialect dialect)
    {
        var json = new DescriptionText();
        json.StartObject();
        Save(ref device, new VMStateSaver(output, json, dialect));
        json.EndObject();
        return json.Text;
    }

    /// <summary>Loads a device from a body that must be used up.</summary>
    /// <param name="device">The device.</param>
    /// <param name="body">The body of the section.</param>
    /// <param name="version">Version that the section's header tells.</param>
    /// <param name="offset">Offset of the body, for messages.</param>
    /// <exception cref="VMStateLoadException">The bytes are not such a state, or a hook refused. The device may be half loaded; the exception says so.</exception>
    public void Load(ref TDevice device, ReadOnlySpan<byte> body, uint version, long offset = 0)
    {
        var loader = new VMStateLoader(body, offset);
        Load(ref device, ref loader, version);
        if (loader.Remaining > 0)
        {
            VMStateLoadException exception = loader.Error($"the end of section '{Description.Name}'", $"{loader.Remaining} more bytes");
            exception.InDevice(Description.Name, Description.Fields.Count, Description.Fields.Count, LastField(Description.Fields.Count), true);
            throw exception;
        }
    }

    /// <summary>Loads a device from bytes that others may follow; where its state ends the loader says.</summary>
    /// <param name="device">The device.</param>
    /// <param name="loader">Where the bytes are.</param>
    /// <param name="version">Version that the section's header tells.</param>
    /// <exception cref="VMStateLoadException">The bytes are not such a state, or a hook refused. The device may be half loaded; the exception says so.</exception>
    public void Load(ref TDevice device, scoped ref VMStateLoader loader, uint version)
    {
        int start = loader.Position;
        loader.Begin();
        try
        {
            Description.Load(ref device, ref loader, version);
        }
        catch (VMStateLoadException exception) when (exception.InDevice(
            Description.Name, loader.OuterField, Description.Fields.Count, LastField(loader.OuterField), loader.Position > start))
        {
            throw;
        }
    }

    private string? LastField(int loaded) => loaded == 0 ? null : Description.Fields[loaded - 1].UniqueName;
}
