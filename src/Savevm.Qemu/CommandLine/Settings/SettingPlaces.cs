namespace Savevm.Qemu.CommandLine.Settings;

/// <summary>Finds for settings the options of a command line that they mean, or says what there is instead.</summary>
public static class SettingPlaces
{
    /// <summary>Finds all places, in the order of the settings.</summary>
    /// <exception cref="SettingUsageException">A setting has not the form that its option needs.</exception>
    /// <exception cref="SettingRefusedException">A setting means something that is not there, or that no option can change.</exception>
    public static IReadOnlyList<SettingPlace> Find(QemuCommandLine line, IReadOnlyList<Setting> settings) =>
        [.. settings.Select(setting => Find(line, setting))];

    private static SettingPlace Find(QemuCommandLine line, Setting setting)
    {
        var found = line.Options.Index().Where(entry => entry.Item.Name == setting.Option).ToList();
        var place = setting.Rest is null ? Whole(setting, found) : Part(setting, setting.Rest, found);
        if (SettingTable.GuestStateOf(setting.Option, place.Property) is { } state)
        {
            throw new SettingRefusedException(
                $"{setting.Key} cannot be changed by an option: the guest has had {state} since it booted, and its state comes back as it was",
                "change it inside the guest, once it runs");
        }

        return place;
    }

    private static SettingPlace Whole(Setting setting, List<(int Index, QemuOption Item)> found)
    {
        if (found.Count > 1 && setting.Option != "global")
        {
            throw new SettingUsageException($"there are {found.Count} options -{setting.Option}, and {setting.Key}= does not say which", Existing(setting.Option, found));
        }

        if (!OptionTable.TakesArgument(setting.Option) && setting.Value is not ("on" or "off"))
        {
            throw new SettingUsageException($"-{setting.Option} takes no argument", $"write {setting.Option}=on or {setting.Option}=off");
        }

        return new SettingPlace(setting, found.Count == 1 && setting.Option != "global" ? found[0].Index : -1, null);
    }

    private static SettingPlace Part(Setting setting, string rest, List<(int Index, QemuOption Item)> found)
    {
        string option = setting.Option;
        if (option == "global")
        {
            return new SettingPlace(setting, -1, rest);
        }

        if (SettingTable.ImpliedOf(option) is null)
        {
            throw new SettingUsageException($"the argument of -{option} has no properties", $"write {option}=VALUE");
        }

        // Ids may hold dots: the longest one that fits is meant.
        var named = found
            .Select(entry => (entry.Index, Id: IdOf(option, entry.Item.Text)))
            .Where(entry => entry.Id is { } id && rest.StartsWith(id + ".", StringComparison.Ordinal))
            .OrderByDescending(entry => entry.Id!.Length)
            .ToList();
        if (named.Count > 0)
        {
            return new SettingPlace(setting, named[0].Index, rest[(named[0].Id!.Length + 1)..]);
        }

        var nameless = found.Where(entry => IdOf(option, entry.Item.Text) is null).ToList();
        if (nameless.Count == 1 || (nameless.Count > 1 && !SettingTable.IsNamed(option)))
        {
            return new SettingPlace(setting, nameless[^1].Index, rest);
        }

        if (found.Count == 0 && !SettingTable.IsNamed(option))
        {
            return new SettingPlace(setting, -1, rest);
        }

        throw new SettingRefusedException($"the command line has no -{option} that {setting.Key} could mean", Existing(option, found));
    }

    private static string? IdOf(string option, string argument) =>
        SettingTable.ImpliedOf(option) is { } implied ? OptionValue.Parse(argument, implied).Text(SettingTable.IdOf(option)) : null;

    private static string Existing(string option, List<(int Index, QemuOption Item)> found)
    {
        string[] ids = [.. found.Select(entry => IdOf(option, entry.Item.Text)).OfType<string>()];
        return ids.Length > 0 ? $"there is {string.Join(", ", ids.Select(id => $"{option}.{id}"))}"
            : found.Count > 0 ? $"there is -{option} {string.Join($", -{option} ", found.Select(entry => entry.Item.Text))}"
            : $"there is no -{option} at all";
    }
}
