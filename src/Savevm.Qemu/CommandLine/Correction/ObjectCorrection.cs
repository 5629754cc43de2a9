namespace Savevm.Qemu.CommandLine.Correction;

/// <summary>Objects that <c>object-add</c> made and <c>object-del</c> took away: memory for DIMMs, threads, sources of randomness.</summary>
internal static class ObjectCorrection
{
    public static void Apply(CorrectionState state)
    {
        var parts = state.Facts.Parts;
        var live = parts.Objects.Select(item => item.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var gone in state.Drop("object", "qom-type", value => value.Text("id") is { } id && !live.Contains(id)))
        {
            state.Correct($"the object {gone.Text("id")} was removed while the guest ran");
        }

        var known = state.Started.Ids("object", "qom-type");
        foreach (var item in parts.Objects.Where(item => !known.Contains(item.Id) && item.Id != state.Facts.MainRamBackend))
        {
            Add(item, state);
        }
    }

    private static void Add(Facts.LiveObjectFact item, CorrectionState state)
    {
        if (item.Type is "secret" or "secret_keyring")
        {
            state.Note($"the secret {item.Id} was added while the guest ran and was not recorded: a resume needs your own command line after --");
        }
        else if (!Facts.ObjectPropertyTable.Knows(item.Type))
        {
            state.Note($"the object {item.Id} ({item.Type}) was added while the guest ran, and its options cannot be asked: "
                + "if a device needs it, a resume needs your own command line after --");
        }
        else
        {
            state.Add("object", "qom-type", item.Type, item.Id, item.Properties);
            state.Correct($"the object {item.Id} ({item.Type}) was added while the guest ran");
        }
    }
}
