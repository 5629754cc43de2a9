namespace Savevm.VMState.Attributes;

/// <summary>
/// A subsection of the state: fields that name it are saved only when it is needed. A loader that does not know a subsection refuses the
/// state; one that misses it takes what was set before loading.
/// </summary>
/// <param name="name">Name: that of the device's description or of another subsection, a slash, and more.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct, AllowMultiple = true)]
public sealed class VMStateSubsectionAttribute(string name) : Attribute
{
    /// <summary>Name of the subsection.</summary>
    public string Name { get; } = name;

    /// <summary>The version that is saved.</summary>
    public uint Version { get; set; }

    /// <summary>The oldest version that is loaded; the saved one where it is not given.</summary>
    public uint MinimumVersion { get; set; }

    /// <summary>Name of a method of the device, <c>bool M()</c>, that decides whether it is saved; always where it is not given.</summary>
    public string? Needed { get; set; }

    /// <summary>Name of the subsection that this one is part of; null where it is part of the device itself.</summary>
    public string? Parent { get; set; }
}
