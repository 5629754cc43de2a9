namespace Savevm.States.Writing;

/// <summary>Memory that was plugged into a machine: a DIMM, or what is plugged like one.</summary>
/// <param name="Name">The id of its memory backend; its RAM block has that name, alone or as the last part of a path.</param>
/// <param name="Address">Guest physical address of its first byte; null where nothing says it.</param>
public readonly record struct PluggedModule(string Name, long? Address)
{
    /// <summary>Whether a RAM block is this module's.</summary>
    internal bool Owns(string block) =>
        block == Name || (block.Length > Name.Length && block[^(Name.Length + 1)] == '/' && block.EndsWith(Name, StringComparison.Ordinal));
}
