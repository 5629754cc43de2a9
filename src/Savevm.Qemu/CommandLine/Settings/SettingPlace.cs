namespace Savevm.Qemu.CommandLine.Settings;

/// <summary>Where on a command line a setting goes.</summary>
/// <param name="Setting">The setting.</param>
/// <param name="Index">The place of the option among the recorded ones; -1 where the option is added.</param>
/// <param name="Property">The property of its argument; null where the whole argument is meant.</param>
public sealed record SettingPlace(Setting Setting, int Index, string? Property);
