using System.Globalization;

namespace Savevm.Qemu.CommandLine.Settings;

/// <summary>
/// One wish of the user about the command line of a guest that is to be started: <c>OPTION=VALUE</c>, <c>OPTION.PROPERTY=VALUE</c>, or
/// <c>OPTION.ID.PROPERTY=VALUE</c>. In the value, <c>{n}</c> stands for the guest's number.
/// </summary>
public sealed record Setting
{
    private const string NumberMark = "{n}";

    private Setting(string key, string option, string? rest, string value)
    {
        Key = key;
        Option = option;
        Rest = rest;
        Value = value;
    }

    /// <summary>What stands before the equals sign.</summary>
    public string Key { get; }

    /// <summary>The option's name without dash, aliases resolved.</summary>
    public string Option { get; }

    /// <summary>What follows the option's name; null where the whole argument is meant. Only a command line tells an id from a property.</summary>
    public string? Rest { get; }

    /// <summary>What the user wants there.</summary>
    public string Value { get; }

    /// <summary>It differs from guest to guest.</summary>
    public bool IsNumbered => Value.Contains(NumberMark, StringComparison.Ordinal);

    /// <summary>Takes a text apart, as it was typed.</summary>
    /// <exception cref="SettingUsageException">It has not the form, names no option of QEMU, or one that is not the user's to set.</exception>
    public static Setting Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            throw new SettingUsageException($"'{text}' is not of the form KEY=VALUE", "write OPTION.PROPERTY=VALUE, OPTION.ID.PROPERTY=VALUE or OPTION=VALUE");
        }

        string key = text[..equals].TrimStart('-');
        int dot = key.IndexOf('.', StringComparison.Ordinal);
        string option = OptionTable.Canonical(dot < 0 ? key : key[..dot]);
        string? rest = dot < 0 ? null : key[(dot + 1)..];
        if (!OptionTable.IsKnown(option))
        {
            throw new SettingUsageException($"QEMU has no option -{option}", SettingTable.NearestTo(option));
        }

        if (rest is { Length: 0 } || rest?.EndsWith('.') == true)
        {
            throw new SettingUsageException($"'{key}' names no property", $"write {option}.PROPERTY=VALUE, or {option}.ID.PROPERTY=VALUE where the option has an id");
        }

        if (SettingTable.WhyOurs(option) is { } why)
        {
            throw new SettingUsageException($"-{option} cannot be set: {why}", null);
        }

        return new Setting(key, option, rest, text[(equals + 1)..]);
    }

    /// <summary>The value for one guest.</summary>
    public string ValueFor(int number) => Value.Replace(NumberMark, number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
