using Savevm.VMState.Fields;

namespace Savevm.VMState.Descriptions;

/// <content>What nests other descriptions: structures, arrays of them, queues, trees, and other forms of the device.</content>
public sealed partial class VMStateBuilder<TDevice>
{
    /// <summary>Adds a structure.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="nested">Where it is.</param>
    /// <param name="description">What it consists of.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Struct<TNested>(
        string name,
        FieldRef<TDevice, TNested> nested,
        VMStateDescription<TNested> description,
        uint since = 0,
        FieldTest<TDevice>? when = null) =>
        Add(new StructField<TDevice, TNested>(name, Given(nested), Given(description), null, new(since, when)));

    /// <summary>Adds a structure that is saved and loaded as of a fixed version of its description.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="nested">Where it is.</param>
    /// <param name="description">What it consists of.</param>
    /// <param name="version">The version.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> VersionedStruct<TNested>(
        string name,
        FieldRef<TDevice, TNested> nested,
        VMStateDescription<TNested> description,
        uint version,
        uint since = 0,
        FieldTest<TDevice>? when = null) =>
        Add(new StructField<TDevice, TNested>(name, Given(nested), Given(description), version, new(since, when)));

    /// <summary>Adds an array of structures.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="nested">Where it is.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="description">What each consists of.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Structs<TNested>(
        string name,
        FieldSpan<TDevice, TNested> nested,
        int count,
        VMStateDescription<TNested> description,
        uint since = 0,
        FieldTest<TDevice>? when = null) =>
        Add(new StructArrayField<TDevice, TNested>(name, Given(nested), Given(description), Fixed(count), false, new(since, when)));

    /// <summary>Adds an array of structures with as many elements as an earlier field tells.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="nested">Where it is: room for the most there can be.</param>
    /// <param name="countField">Name of the earlier field.</param>
    /// <param name="count">Reads it.</param>
    /// <param name="description">What each consists of.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Structs<TNested>(
        string name,
        FieldSpan<TDevice, TNested> nested,
        string countField,
        FieldCount<TDevice> count,
        VMStateDescription<TNested> description,
        uint since = 0,
        FieldTest<TDevice>? when = null) =>
        Add(new StructArrayField<TDevice, TNested>(
            name, Given(nested), Given(description), Variable(countField, count), false, new(since, when)));

    /// <summary>
    /// Adds an array of pointers: an element that is null is one byte. Which are null the stream does not tell: the device that is
    /// loaded must have the same ones.
    /// </summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="pointers">Where it is.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="description">What each consists of.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Pointers<TNested>(
        string name,
        FieldSpan<TDevice, TNested?> pointers,
        int count,
        VMStateDescription<TNested> description,
        uint since = 0,
        FieldTest<TDevice>? when = null)
        where TNested : class =>
        Add(new StructArrayField<TDevice, TNested?>(name, Given(pointers), Given(description)!, Fixed(count), true, new(since, when)));

    /// <summary>
    /// Adds an array of pointers with as many elements as an earlier field tells: an element that is null is one byte, and the device that
    /// is loaded must have null in the same places.
    /// </summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="pointers">Where it is: room for the most there can be.</param>
    /// <param name="countField">Name of the earlier field.</param>
    /// <param name="count">Reads it.</param>
    /// <param name="description">What each consists of.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Pointers<TNested>(
        string name,
        FieldSpan<TDevice, TNested?> pointers,
        string countField,
        FieldCount<TDevice> count,
        VMStateDescription<TNested> description,
        uint since = 0,
        FieldTest<TDevice>? when = null)
        where TNested : class =>
        Add(new StructArrayField<TDevice, TNested?>(
            name, Given(pointers), Given(description)!, Variable(countField, count), true, new(since, when)));

    /// <summary>
    /// Adds an array of pointers that are made when they are loaded: one byte before each element says whether it is null. QEMU has such
    /// arrays since 11.1.
    /// </summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="pointers">Where it is.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="description">What each consists of.</param>
    /// <param name="create">Makes an element that is loaded.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> AllocatedPointers<TNested>(
        string name,
        FieldSpan<TDevice, TNested?> pointers,
        int count,
        VMStateDescription<TNested> description,
        Func<TNested> create,
        uint since = 0,
        FieldTest<TDevice>? when = null)
        where TNested : class =>
        Add(new MarkedArrayField<TDevice, TNested>(name, Given(pointers), Given(description), Given(create), Fixed(count), new(since, when)));

    /// <summary>
    /// Adds an array of pointers that are made when they are loaded, with as many elements as an earlier field tells: one byte before each
    /// says whether it is null. QEMU has such arrays since 11.1.
    /// </summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="pointers">Where it is: room for the most there can be.</param>
    /// <param name="countField">Name of the earlier field.</param>
    /// <param name="count">Reads it.</param>
    /// <param name="description">What each consists of.</param>
    /// <param name="create">Makes an element that is loaded.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> AllocatedPointers<TNested>(
        string name,
        FieldSpan<TDevice, TNested?> pointers,
        string countField,
        FieldCount<TDevice> count,
        VMStateDescription<TNested> description,
        Func<TNested> create,
        uint since = 0,
        FieldTest<TDevice>? when = null)
        where TNested : class =>
        Add(new MarkedArrayField<TDevice, TNested>(
            name, Given(pointers), Given(description), Given(create), Variable(countField, count), new(since, when)));

    /// <summary>Adds a queue (<c>qtailq</c>). What it holds is thrown away when it is loaded.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="elements">Where it is.</param>
    /// <param name="description">What each element consists of.</param>
    /// <param name="create">Makes an element that is loaded.</param>
    /// <param name="elementVersion">Version of the elements that is loaded; that of their description where it is not given.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Queue<TElement>(
        string name,
        FieldRef<TDevice, List<TElement>> elements,
        VMStateDescription<TElement> description,
        Func<TElement> create,
        uint? elementVersion = null,
        uint since = 0,
        FieldTest<TDevice>? when = null) =>
        Add(new QueueField<TDevice, TElement>(
            name, VMStateFieldKind.TailQueue, Given(elements), Given(description), Given(create), elementVersion, new(since, when)));

    /// <summary>Adds a list (<c>qlist</c>). What it holds is thrown away when it is loaded.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="elements">Where it is.</param>
    /// <param name="description">What each element consists of.</param>
    /// <param name="create">Makes an element that is loaded.</param>
    /// <param name="elementVersion">Version of the elements that is loaded; that of their description where it is not given.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> List<TElement>(
        string name,
        FieldRef<TDevice, List<TElement>> elements,
        VMStateDescription<TElement> description,
        Func<TElement> create,
        uint? elementVersion = null,
        uint since = 0,
        FieldTest<TDevice>? when = null) =>
        Add(new QueueField<TDevice, TElement>(
            name, VMStateFieldKind.List, Given(elements), Given(description), Given(create), elementVersion, new(since, when)));

    /// <summary>Adds a tree whose keys are numbers. What it holds is thrown away when it is loaded.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="tree">Where it is.</param>
    /// <param name="description">What each value consists of.</param>
    /// <param name="create">Makes a value that is loaded.</param>
    /// <param name="elementVersion">Version of the values that is loaded; that of their description where it is not given.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Tree<TElement>(
        string name,
        FieldRef<TDevice, SortedDictionary<ulong, TElement>> tree,
        VMStateDescription<TElement> description,
        Func<TElement> create,
        uint? elementVersion = null,
        uint since = 0,
        FieldTest<TDevice>? when = null) =>
        Add(new TreeField<TDevice, ulong, TElement>(
            name, Given(tree), new NumberTreeKey(), Given(description), Given(create), elementVersion, new(since, when)));

    /// <summary>Adds a tree whose keys have a description. What it holds is thrown away when it is loaded.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="tree">Where it is.</param>
    /// <param name="keyDescription">What each key consists of.</param>
    /// <param name="createKey">Makes a key that is loaded.</param>
    /// <param name="description">What each value consists of.</param>
    /// <param name="create">Makes a value that is loaded.</param>
    /// <param name="elementVersion">Version of the values that is loaded; that of their description where it is not given.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Tree<TKey, TElement>(
        string name,
        FieldRef<TDevice, SortedDictionary<TKey, TElement>> tree,
        VMStateDescription<TKey> keyDescription,
        Func<TKey> createKey,
        VMStateDescription<TElement> description,
        Func<TElement> create,
        uint? elementVersion = null,
        uint since = 0,
        FieldTest<TDevice>? when = null)
        where TKey : notnull =>
        Add(new TreeField<TDevice, TKey, TElement>(
            name,
            Given(tree),
            new DescribedTreeKey<TKey>(Given(keyDescription), Given(createKey)),
            Given(description),
            Given(create),
            elementVersion,
            new(since, when)));

    /// <summary>Adds values that exist only while they are saved or loaded (<c>tmp</c>).</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="description">What they consist of.</param>
    /// <param name="form">Makes them of the device and puts them back.</param>
    /// <param name="since">First version of the description that has it.</param>
    /// <param name="when">Decides whether it is there; the version then does not.</param>
    public VMStateBuilder<TDevice> Temporary<TTemporary>(
        string name,
        VMStateDescription<TTemporary> description,
        ITemporary<TDevice, TTemporary> form,
        uint since = 0,
        FieldTest<TDevice>? when = null) =>
        Add(new TemporaryField<TDevice, TTemporary>(name, Given(description), Given(form), new(since, when)));
}
