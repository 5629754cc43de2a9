namespace Savevm.Qemu.CommandLine.Settings;

/// <summary>A setting that is wrong whatever the command line is: its form, or an option that does not exist.</summary>
public sealed class SettingUsageException(string message, string? hint) : QemuException(message, hint);
