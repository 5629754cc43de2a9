namespace Savevm.Qemu.CommandLine.Settings;

/// <summary>A setting that does not fit this guest: its command line has no such thing, or its own state has the last word. Nothing was started.</summary>
public sealed class SettingRefusedException(string message, string? hint) : QemuException(message, hint);
