namespace Savevm.Qemu.CommandLine;

/// <summary>One option of a command line.</summary>
/// <param name="Name">Its name without dashes, aliases resolved (<c>M</c> is <c>machine</c>); empty for a bare disk image.</param>
/// <param name="Value">Its argument as QEMU gets it; null where the option stands alone.</param>
public sealed record QemuOption(string Name, string? Value = null)
{
    /// <summary>The argument, or the empty string.</summary>
    public string Text => Value ?? string.Empty;

    internal IEnumerable<string> ToArguments()
    {
        if (Name.Length > 0)
        {
            yield return "-" + Name;
        }

        if (Value is not null)
        {
            yield return Value;
        }
    }
}
