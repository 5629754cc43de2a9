using System.Globalization;
using System.Text;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;
using Savevm.Wire.Descriptions;

namespace Savevm.VMState.Descriptions;

/// <summary>
/// A description with its way into a device of type <typeparamref name="TDevice"/>: saves and loads it. Immutable; any thread may use it,
/// each on devices of its own.
/// </summary>
/// <typeparam name="TDevice">The device, or the structure in it, a class or a value.</typeparam>
public sealed class VMStateDescription<TDevice> : VMStateDescription
{
    private readonly VMStateField<TDevice>[] _fields;
    private readonly VMStateDescription<TDevice>[] _subsections;
    private readonly byte[] _nameBytes;
    private readonly VMStateParts<TDevice> _parts;

    internal VMStateDescription(VMStateParts<TDevice> parts)
        : base(parts.Name, parts.Version, parts.MinimumVersion)
    {
        _parts = parts;
        _fields = [.. parts.Fields];
        _subsections = [.. parts.Subsections];
        _nameBytes = Encoding.ASCII.GetBytes(parts.Name);
        Priority = parts.Priority;
        Unmigratable = parts.Unmigratable;
        NumberEqualNames(_fields);
        IsUniform = _subsections.Length == 0 && Array.TrueForAll(_fields, field => field.IsUniform);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<VMStateField> Fields => _fields;

    /// <inheritdoc/>
    public override IReadOnlyList<VMStateDescription> Subsections => _subsections;

    /// <summary>Whether the subsection is saved with this device; a description that is no subsection always is.</summary>
    /// <param name="device">The device.</param>
    public bool IsNeeded(ref TDevice device) => _parts.Needed is null || _parts.Needed(ref device);

    /// <summary>Saves fields and subsections, between the hooks. For a field of own code that nests a description, and for the codec.</summary>
    /// <param name="device">The device.</param>
    /// <param name="saver">Takes the bytes.</param>
    /// <exception cref="VMStateSaveException">A hook refused, or an array does not fit its count.</exception>
    public void Save(ref TDevice device, VMStateSaver saver)
    {
        ArgumentNullException.ThrowIfNull(saver);
        Save(ref device, saver, Version);
    }

    /// <summary>Loads fields and subsections, between the hooks. For a field of own code that nests a description, and for the codec.</summary>
    /// <param name="device">The device.</param>
    /// <param name="loader">Where the bytes are.</param>
    /// <param name="version">Version that was saved.</param>
    /// <exception cref="VMStateLoadException">The bytes are not such a state, or a hook refused.</exception>
    public void Load(ref TDevice device, scoped ref VMStateLoader loader, uint version)
    {
        if (version > Version || version < MinimumVersion)
        {
            string expected = MinimumVersion == Version ? $"version {Version}" : $"version {MinimumVersion} to {Version}";
            throw loader.Error($"{expected} of '{Name}'", version.ToString(CultureInfo.InvariantCulture));
        }
        loader.Enter();
        Refuse(_parts.PreLoad, ref device, version, ref loader, "a device that takes the state");
        if (_parts.LoadFields is null)
            LoadFields(ref device, ref loader, version, 0, _fields.Length);
        else
            _parts.LoadFields(ref device, ref loader, version);
        LoadSubsections(ref device, ref loader);
        loader.Reached(_fields.Length);
        Refuse(_parts.PostLoad, ref device, version, ref loader, "a state that the device takes");
        loader.Leave();
    }

    /// <summary>Loads some of the fields one by one: what generated code does where its fast way ends.</summary>
    /// <param name="device">The device.</param>
    /// <param name="loader">Where the bytes are.</param>
    /// <param name="version">Version that was saved.</param>
    /// <param name="first">Index of the first field.</param>
    /// <param name="count">Number of fields.</param>
    /// <exception cref="VMStateLoadException">The bytes are not those fields.</exception>
    public void LoadFields(ref TDevice device, scoped ref VMStateLoader loader, uint version, int first, int count)
    {
        for (int i = first; i < first + count; i++)
        {
            loader.Reached(i);
            VMStateField<TDevice> field = _fields[i];
            if (field.IsThere(ref device, version))
                field.Load(ref device, ref loader);
        }
    }

    /// <summary>Saves some of the fields one by one: what generated code does where its fast way ends.</summary>
    /// <param name="device">The device.</param>
    /// <param name="saver">Takes the bytes.</param>
    /// <param name="first">Index of the first field.</param>
    /// <param name="count">Number of fields.</param>
    /// <exception cref="VMStateSaveException">An array does not fit its count.</exception>
    public void SaveFields(ref TDevice device, VMStateSaver saver, int first, int count) =>
        SaveFields(ref device, saver, Version, first, count);

    internal void Save(ref TDevice device, VMStateSaver saver, uint version)
    {
        Refuse(_parts.PreSave, ref device, version);
        try
        {
            SaveBody(ref device, saver, version);
        }
        catch (VMStateSaveException)
        {
            // Whatever the hook before has set up is taken down again; what went wrong first is what counts.
            _ = _parts.PostSave?.Invoke(ref device, version);
            throw;
        }
        Refuse(_parts.PostSave, ref device, version);
    }

    private void SaveBody(ref TDevice device, VMStateSaver saver, uint version)
    {
        DescriptionText? json = saver.Json;
        json?.Member("vmsd_name", Name);
        json?.Member("version", version);
        json?.StartArray("fields");
        // Generated code knows nothing of descriptions, and saves the newest version only.
        if (json is null && version == Version && _parts.SaveFields is not null)
            _parts.SaveFields(ref device, saver);
        else
            SaveFields(ref device, saver, version, 0, _fields.Length);
        json?.EndArray();
        SaveSubsections(ref device, saver);
    }

    private void SaveFields(ref TDevice device, VMStateSaver saver, uint version, int first, int count)
    {
        foreach (VMStateField<TDevice> field in _fields.AsSpan(first, count))
        {
            if (field.IsThere(ref device, version))
                field.Save(ref device, saver);
        }
    }

    private void SaveSubsections(ref TDevice device, VMStateSaver saver)
    {
        DescriptionText? json = saver.Json;
        bool isFirst = true;
        foreach (VMStateDescription<TDevice> subsection in _subsections)
        {
            if (!subsection.IsNeeded(ref device))
                continue;
            if (isFirst)
                json?.StartArray("subsections");
            isFirst = false;
            json?.StartObject();
            saver.Output.WriteByte(SubsectionMark);
            saver.Output.WriteCountedString(subsection._nameBytes);
            saver.Output.WriteUInt32(subsection.Version);
            subsection.Save(ref device, saver, subsection.Version);
            json?.EndObject();
        }
        if (!isFirst)
            json?.EndArray();
    }

    private void LoadSubsections(ref TDevice device, ref VMStateLoader loader)
    {
        while (loader.LookAhead(_nameBytes, out SubsectionHeader header, out int consumed) == SubsectionLookAhead.Found)
        {
            VMStateDescription<TDevice>? subsection = Find(header.Name);
            if (subsection is null)
                throw loader.Error($"a subsection of '{Name}' that is known", $"'{Encoding.ASCII.GetString(header.Name)}'");
            loader.Reached(_fields.Length);
            loader.Skip(consumed);
            try
            {
                subsection.Load(ref device, ref loader, header.Version);
            }
            catch (VMStateLoadException exception) when (exception.In($"({subsection.Name})", null))
            {
                throw;
            }
        }
    }

    private VMStateDescription<TDevice>? Find(ReadOnlySpan<byte> name)
    {
        foreach (VMStateDescription<TDevice> subsection in _subsections)
        {
            if (name.SequenceEqual(subsection._nameBytes))
                return subsection;
        }
        return null;
    }

    private void Refuse(VMStateHook<TDevice>? hook, ref TDevice device, uint version)
    {
        if (hook?.Invoke(ref device, version) is { } reason)
            throw new VMStateSaveException(Name, reason);
    }

    private static void Refuse(VMStateHook<TDevice>? hook, ref TDevice device, uint version, ref VMStateLoader loader, string expected)
    {
        if (hook?.Invoke(ref device, version) is { } reason)
            throw loader.Error(expected, $"refusal: {reason}");
    }
}
