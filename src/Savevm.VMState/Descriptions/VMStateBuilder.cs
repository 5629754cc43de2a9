using System.Globalization;
using System.Runtime.CompilerServices;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Descriptions;

/// <summary>
/// Makes a description by hand, field after field in wire order. What the generator makes of attributes it makes with this, too. For one
/// thread, and for one description.
/// </summary>
/// <typeparam name="TDevice">The device, or the structure in it, a class or a value.</typeparam>
public sealed partial class VMStateBuilder<TDevice>
{
    private readonly string _name;
    private readonly uint _version;
    private readonly uint _minimumVersion;
    private readonly List<VMStateField<TDevice>> _fields = [];
    private readonly List<VMStateDescription<TDevice>> _subsections = [];
    private VMStatePriority _priority;
    private string? _unmigratable;
    private VMStateNeed<TDevice>? _needed;
    private VMStateHook<TDevice>? _preSave;
    private VMStateHook<TDevice>? _postSave;
    private VMStateHook<TDevice>? _preLoad;
    private VMStateHook<TDevice>? _postLoad;
    private FieldsSave<TDevice>? _saveFields;
    private FieldsLoad<TDevice>? _loadFields;

    /// <summary>Begins a description.</summary>
    /// <param name="name">Name: 1 to 255 printable ASCII characters.</param>
    /// <param name="version">The version that is saved.</param>
    /// <param name="minimumVersion">The oldest version that is loaded; the saved one where it is not given.</param>
    /// <exception cref="ArgumentException">The name is no name, or the minimum is above the version.</exception>
    public VMStateBuilder(string name, uint version = 0, uint? minimumVersion = null)
    {
        RequireName(name);
        if (minimumVersion > version)
            throw new ArgumentException($"The minimum version of '{name}' is above its version.", nameof(minimumVersion));
        _name = name;
        _version = version;
        _minimumVersion = minimumVersion ?? version;
    }

    /// <summary>Says when the device is saved among others.</summary>
    /// <param name="priority">Its rank.</param>
    public VMStateBuilder<TDevice> Priority(VMStatePriority priority)
    {
        _priority = priority;
        return this;
    }

    /// <summary>Says that such a device cannot be saved.</summary>
    /// <param name="reason">Why, in words for the person who tried.</param>
    public VMStateBuilder<TDevice> Unmigratable(string reason)
    {
        ArgumentException.ThrowIfNullOrEmpty(reason);
        _unmigratable = reason;
        return this;
    }

    /// <summary>Makes it a subsection that is saved only when it is needed.</summary>
    /// <param name="needed">Decides.</param>
    public VMStateBuilder<TDevice> Needed(VMStateNeed<TDevice> needed)
    {
        _needed = needed;
        return this;
    }

    /// <summary>Calls code before the fields are saved, such as to bring values into the form that is saved.</summary>
    /// <param name="hook">The code.</param>
    public VMStateBuilder<TDevice> PreSave(VMStateHook<TDevice> hook)
    {
        _preSave = hook;
        return this;
    }

    /// <summary>Calls code when saving is over, even if it failed.</summary>
    /// <param name="hook">The code.</param>
    public VMStateBuilder<TDevice> PostSave(VMStateHook<TDevice> hook)
    {
        _postSave = hook;
        return this;
    }

    /// <summary>Calls code before the fields are loaded, such as to set what an absent subsection leaves alone.</summary>
    /// <param name="hook">The code.</param>
    public VMStateBuilder<TDevice> PreLoad(VMStateHook<TDevice> hook)
    {
        _preLoad = hook;
        return this;
    }

    /// <summary>Calls code when fields and subsections are loaded, such as to check values and to arm timers.</summary>
    /// <param name="hook">The code.</param>
    public VMStateBuilder<TDevice> PostLoad(VMStateHook<TDevice> hook)
    {
        _postLoad = hook;
        return this;
    }

    /// <summary>Gives straight-line code that does what the fields say, and is used where no description is wanted.</summary>
    /// <param name="save">Saves all fields.</param>
    /// <param name="load">Loads all fields.</param>
    public VMStateBuilder<TDevice> Compiled(FieldsSave<TDevice> save, FieldsLoad<TDevice> load)
    {
        _saveFields = save;
        _loadFields = load;
        return this;
    }

    /// <summary>Adds a subsection.</summary>
    /// <param name="subsection">Its description: its name is this one's, a slash, and more.</param>
    /// <exception cref="ArgumentException">The name is another, so that no loader would find it, or is there already.</exception>
    public VMStateBuilder<TDevice> Subsection(VMStateDescription<TDevice> subsection)
    {
        ArgumentNullException.ThrowIfNull(subsection);
        if (!subsection.Name.StartsWith(_name + "/", StringComparison.Ordinal))
            throw new ArgumentException($"Subsection '{subsection.Name}' is not named '{_name}/...'.", nameof(subsection));
        if (_subsections.Exists(other => other.Name == subsection.Name))
            throw new ArgumentException($"Subsection '{subsection.Name}' twice.", nameof(subsection));
        return AddSubsection(subsection);
    }

    /// <summary>
    /// Makes the array of the field that was added last when a state is loaded: as long as the count says, which is at most the limit and no
    /// more than there are bytes for.
    /// </summary>
    /// <param name="limit">Most elements; bytes of a buffer, bits of a bitmap.</param>
    /// <param name="allocate">Makes the array, and elements that are structures in it.</param>
    /// <exception cref="InvalidOperationException">That field is no array with a count of its own.</exception>
    public VMStateBuilder<TDevice> AllocatedUpTo(int limit, FieldAllocation<TDevice> allocate)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        if (_fields.Count == 0 || _fields[^1].Counted is not { Field: not null, IsAllocated: false } count)
            throw new InvalidOperationException($"What was added last to '{_name}' is no array with a count.");
        count.Allocate(limit, Given(allocate));
        return this;
    }

    /// <summary>Ends the description.</summary>
    public VMStateDescription<TDevice> Build() => new(new VMStateParts<TDevice>(_name, _version, _minimumVersion)
    {
        Fields = _fields,
        Subsections = _subsections,
        Priority = _priority,
        Unmigratable = _unmigratable,
        Needed = _needed,
        PreSave = _preSave,
        PostSave = _postSave,
        PreLoad = _preLoad,
        PostLoad = _postLoad,
        SaveFields = _saveFields,
        LoadFields = _loadFields,
    });

    /// <summary>Adds a subsection whose name nobody looks for: QEMU has some that no loader of its own would find.</summary>
    internal VMStateBuilder<TDevice> AddSubsection(VMStateDescription<TDevice> subsection)
    {
        _subsections.Add(subsection);
        return this;
    }

    internal VMStateBuilder<TDevice> Add(VMStateField<TDevice> field)
    {
        if (_fields.Count == VMStateLimits.MaxFields)
            throw new InvalidOperationException($"More than {VMStateLimits.MaxFields} fields in '{_name}'.");
        _fields.Add(field);
        return this;
    }

    private static T Given<T>(T argument, [CallerArgumentExpression(nameof(argument))] string? name = null)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(argument, name);
        return argument;
    }

    private static ElementCount<TDevice> Fixed(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new(count, null, null);
    }

    private static ElementCount<TDevice> Variable(string field, FieldCount<TDevice> count, int factor = 1) =>
        new(0, Given(field), Given(count), factor);

    private static void RequireName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > VMStateLimits.MaxNameBytes || name.AsSpan().IndexOfAnyExceptInRange(' ', '~') >= 0)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"A name is 1 to {VMStateLimits.MaxNameBytes} printable ASCII characters."), nameof(name));
        }
    }
}
