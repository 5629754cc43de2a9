namespace Savevm.Qemu.CommandLine.Correction;

/// <summary>
/// Takes secrets out of a command line: a snapshot's manifest is no place for them. What they stood for cannot be started again from the
/// recorded command line, and it says so.
/// </summary>
internal static class SecretRemoval
{
    // Option, the property that may stand first, the property that is the secret.
    private static readonly (string Option, string Implied, string Property)[] Places =
    [
        ("object", "qom-type", "data"),
        ("spice", "port", "password"),
        ("iscsi", "id", "password"),
    ];

    /// <summary>The words without secrets.</summary>
    /// <param name="words">The command line, the program's own word first.</param>
    /// <param name="notes">Gets a sentence for each secret.</param>
    public static IReadOnlyList<string> Clean(IReadOnlyList<string> words, List<string> notes)
    {
        var clean = words.ToArray();
        for (int i = 1; i + 1 < clean.Length; i++)
        {
            string option = clean[i].TrimStart('-');
            foreach (var place in Places)
            {
                if (clean[i].StartsWith('-') && option == place.Option && Without(clean[i + 1], place.Implied, place.Property) is { } rest)
                {
                    notes.Add($"the {place.Property} of {Named(rest, option)} is a secret and was not recorded");
                    clean[i + 1] = rest;
                }
            }
        }

        return clean;
    }

    private static string? Without(string text, string implied, string property)
    {
        var value = OptionValue.Parse(text, implied);
        if (value.Text(property) is null || (implied == "qom-type" && value.Text(implied) is not ("secret" or "secret_keyring")))
        {
            return null;
        }

        value.Remove(property);
        return value.ToString();
    }

    private static string Named(string text, string option) => OptionValue.Parse(text, "kind").Text("id") is { } id ? $"-{option} {id}" : $"-{option}";
}
