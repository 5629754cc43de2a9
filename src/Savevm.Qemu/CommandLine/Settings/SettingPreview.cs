namespace Savevm.Qemu.CommandLine.Settings;

/// <summary>A command line as it is with a user's settings, before anything of it is made fresh: for checks.</summary>
public static class SettingPreview
{
    /// <summary>The words, the program's own first, for the first guest.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<string> arguments, IReadOnlyList<Setting> settings)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.Count == 0)
        {
            return arguments;
        }

        var line = QemuCommandLine.Parse(arguments);
        var pass = new SettingPass(line, settings, 1);
        var options = line.Options.Index().Select(entry => pass.After(entry.Index, entry.Item, entry.Item, [])).OfType<QemuOption>();
        return [line.Program, .. options.Concat(pass.Added()).SelectMany(option => option.ToArguments())];
    }
}
