namespace Savevm.Qemu.CommandLine;

/// <summary>An option that makes a drive, in its longest form.</summary>
/// <param name="Option">The option as it stands on the command line.</param>
/// <param name="Value">The same as the argument of <c>-drive</c>.</param>
internal sealed record DriveOption(QemuOption Option, OptionValue Value)
{
    private static readonly Dictionary<string, string> Shorthands = new(StringComparer.Ordinal)
    {
        [""] = "index=0,media=disk",
        ["hda"] = "index=0,media=disk",
        ["hdb"] = "index=1,media=disk",
        ["hdc"] = "index=2,media=disk",
        ["hdd"] = "index=3,media=disk",
        ["cdrom"] = "index=2,media=cdrom",
        ["fda"] = "if=floppy,index=0",
        ["fdb"] = "if=floppy,index=1",
        ["pflash"] = "if=pflash",
        ["mtdblock"] = "if=mtd",
        ["sd"] = "if=sd",
    };

    /// <summary>Takes an option as a drive; null where it makes none.</summary>
    public static DriveOption? Of(QemuOption option)
    {
        string? text = option.Name == "drive" ? option.Text
            : Shorthands.TryGetValue(option.Name, out var rest) ? $"{rest},file={OptionValue.Escape(option.Text)}"
            : null;
        return text is null ? null : new DriveOption(option, OptionValue.Parse(text, "if"));
    }

    /// <summary>The file, where it is one.</summary>
    public string? File => Value.Text("file") ?? Value.Text("file.filename");

    /// <summary>The guest cannot write to it.</summary>
    public bool IsReadOnly => Value.IsOn("readonly") || Value.IsOn("read-only") || Value.Text("media") == "cdrom";
}
