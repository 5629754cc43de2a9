using System.Text;
using System.Text.Json.Nodes;

namespace Savevm.Qemu.CommandLine.Correction;

/// <summary>What the parts of a correction share: the options as they stand by now, the facts, and what there is to say.</summary>
internal sealed class CorrectionState(StartedCommandLine started, QemuFacts facts)
{
    public StartedCommandLine Started => started;

    public QemuFacts Facts => facts;

    /// <summary>The options as they stand by now; what a part drops or adds is seen by the next.</summary>
    public List<QemuOption> Options { get; } = [.. started.Options];

    public List<string> Corrections { get; } = [.. started.Expansions];

    public List<string> Notes { get; } = [.. started.Notes];

    /// <summary>Something was changed, because the machine changed.</summary>
    public void Correct(string sentence) => Corrections.Add(sentence);

    /// <summary>Something that a person should know and that could not be put right.</summary>
    public void Note(string sentence)
    {
        if (!Notes.Contains(sentence))
        {
            Notes.Add(sentence);
        }
    }

    /// <summary>Takes out the options of a name for which <paramref name="isGone"/> holds.</summary>
    /// <returns>What was taken out.</returns>
    public IReadOnlyList<OptionValue> Drop(string name, string implied, Func<OptionValue, bool> isGone)
    {
        var dropped = new List<OptionValue>();
        Options.RemoveAll(option =>
        {
            if (option.Name != name || OptionValue.Parse(option.Text, implied) is not { } value || !isGone(value))
            {
                return false;
            }

            dropped.Add(value);
            return true;
        });
        return dropped;
    }

    /// <summary>Changes options of a name in place; <paramref name="change"/> says whether it changed one.</summary>
    public void Change(string name, string implied, Func<OptionValue, bool> change)
    {
        for (int i = 0; i < Options.Count; i++)
        {
            if (Options[i].Name == name && OptionValue.Parse(Options[i].Text, implied) is var value && change(value))
            {
                Options[i] = Options[i] with { Value = value.ToString() };
            }
        }
    }

    /// <summary>Adds an option with properties: comma-separated as people write it, as JSON where a value is a list.</summary>
    public void Add(string name, string implied, string kind, string? id, IEnumerable<KeyValuePair<string, JsonNode>> properties)
    {
        KeyValuePair<string, JsonNode>[] all = [.. properties];
        if (all.Any(property => property.Value is JsonArray or JsonObject))
        {
            var json = new JsonObject { [implied] = kind };
            if (id is not null)
            {
                json["id"] = id;
            }

            foreach (var (key, value) in all)
            {
                json[key] = value.DeepClone();
            }

            Options.Add(new QemuOption(name, json.ToJsonString()));
            return;
        }

        var text = new StringBuilder(kind);
        if (id is not null)
        {
            text.Append(",id=").Append(OptionValue.Escape(id));
        }

        foreach (var (key, value) in all)
        {
            text.Append(',').Append(key).Append('=').Append(OptionValue.Escape(Plain(value)));
        }

        Options.Add(new QemuOption(name, text.ToString()));
    }

    private static string Plain(JsonNode value) => value switch
    {
        JsonValue plain when plain.TryGetValue(out bool flag) => flag ? "on" : "off",
        JsonValue plain when plain.TryGetValue(out string? text) => text,
        _ => value.ToJsonString(),
    };
}
