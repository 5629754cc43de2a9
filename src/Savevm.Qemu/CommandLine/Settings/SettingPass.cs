using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Savevm.Qemu.CommandLine.Settings;

/// <summary>
/// Puts a user's settings into the options of one guest. What a user chose is not made fresh: it goes in after the rules have had the
/// option, and what a rule would look up or report in vain is taken out before.
/// </summary>
internal sealed class SettingPass
{
    // The host's ports: a rule would reserve fresh ones for what is replaced anyway.
    private static readonly string[] Ports = ["hostfwd", "listen"];

    // Each occurrence is one of several.
    private static readonly string[] Lists = ["hostfwd", "guestfwd", "dnssearch"];

    private readonly IReadOnlyList<SettingPlace> _places;
    private readonly int _number;

    public SettingPass(QemuCommandLine line, IReadOnlyList<Setting> settings, int number)
    {
        _places = SettingPlaces.Find(line, settings);
        _number = number;
    }

    /// <summary>Whether anything of an option was chosen.</summary>
    public bool Has(string option, string? property = null) =>
        _places.Any(place => place.Setting.Option == option && (place.Property is null || property is null || place.Property == property));

    /// <summary>The option as the rules should see it; null where they need not, since its whole argument was chosen.</summary>
    public QemuOption? Before(int index, QemuOption option)
    {
        if (At(index).Any(place => place.Property is null))
        {
            return null;
        }

        string[] chosen = [.. At(index).Select(place => place.Property!).Where(property => Ports.Contains(property))];
        if (chosen.Length == 0 || SettingTable.ImpliedOf(option.Name) is not { } implied)
        {
            return option;
        }

        var value = OptionValue.Parse(option.Text, implied);
        value.Remove(chosen);
        return option with { Value = value.ToString() };
    }

    /// <summary>The option as QEMU gets it; null where it is left out.</summary>
    /// <param name="index">Its place among the recorded ones.</param>
    /// <param name="recorded">As it was recorded.</param>
    /// <param name="made">What the rules made of it; null where they left it out.</param>
    /// <param name="replaced">What was made fresh, to be corrected where the user chose otherwise.</param>
    public QemuOption? After(int index, QemuOption recorded, QemuOption? made, Dictionary<string, string> replaced)
    {
        foreach (var place in At(index))
        {
            made = place.Property is null ? Whole(place) : Changed(made ?? recorded, place, replaced);
        }

        return made;
    }

    /// <summary>The options that are on no command line yet.</summary>
    public IEnumerable<QemuOption> Added()
    {
        foreach (var group in _places.Where(place => place.Index < 0).GroupBy(place => place.Setting.Option))
        {
            if (group.Key == "global")
            {
                foreach (var place in group)
                {
                    string value = place.Setting.ValueFor(_number);
                    yield return new QemuOption("global", place.Property is null ? value : $"{place.Property}={value}");
                }

                continue;
            }

            QemuOption? option = null;
            foreach (var place in group)
            {
                option = place.Property is null ? Whole(place) : Changed(option ?? new QemuOption(group.Key, string.Empty), place, []);
            }

            if (option is not null)
            {
                yield return option;
            }
        }
    }

    private IEnumerable<SettingPlace> At(int index) => _places.Where(place => place.Index == index);

    private QemuOption? Whole(SettingPlace place)
    {
        string value = place.Setting.ValueFor(_number);
        return OptionTable.TakesArgument(place.Setting.Option) ? new QemuOption(place.Setting.Option, value)
            : value == "on" ? new QemuOption(place.Setting.Option)
            : null;
    }

    private QemuOption Changed(QemuOption option, SettingPlace place, Dictionary<string, string> replaced)
    {
        string property = place.Property!, chosen = place.Setting.ValueFor(_number);
        var value = OptionValue.Parse(option.Text, SettingTable.ImpliedOf(option.Name)!);
        if (value.Text(property) is { } fresh && replaced.FirstOrDefault(entry => entry.Value == fresh).Key is { } old)
        {
            replaced[old] = chosen;
        }

        bool isFirst = _places.First(other => other.Index == place.Index && other.Setting.Option == place.Setting.Option && other.Property == property) == place;
        if (value.Json is { } json)
        {
            SetJson(json, property, chosen, isFirst);
        }
        else if (Lists.Contains(property))
        {
            if (isFirst)
            {
                value.Remove(property);
            }

            value.Add(property, chosen);
        }
        else
        {
            value.Set(property, chosen);
        }

        return option with { Value = value.ToString() };
    }

    // Values keep the kind that they have: QEMU takes no text for a number there.
    private static void SetJson(JsonObject json, string property, string chosen, bool isFirst)
    {
        if (Lists.Contains(property))
        {
            var list = isFirst || json[property] is not JsonArray ? [] : json[property]!.DeepClone().AsArray();
            list.Add((JsonNode)new JsonObject { ["str"] = chosen });
            json[property] = list;
            return;
        }

        int dot = property.IndexOf('.', StringComparison.Ordinal);
        if (dot > 0 && !json.ContainsKey(property) && json[property[..dot]] is JsonObject inner)
        {
            SetJson(inner, property[(dot + 1)..], chosen, isFirst);
            return;
        }

        JsonValueKind kind = json[property]?.GetValueKind() ?? JsonValueKind.Undefined;
        json[property] = kind == JsonValueKind.Number && long.TryParse(chosen, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number
            : kind != JsonValueKind.String && chosen is "on" or "off" ? chosen == "on"
            : chosen;
    }
}
