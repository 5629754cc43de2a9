namespace Savevm.Qemu.CommandLine;

/// <summary>What the parts of a rebuild share: the request, fresh names, and what they found.</summary>
internal sealed class RebuildState(RebuildRequest request)
{
    // Short names, so that a socket's path fits into the 107 bytes that the kernel allows.
    private const int MaxNameLength = 24;

    // Names that the run directory has for itself.
    private readonly HashSet<string> _names = new(StringComparer.Ordinal) { "stderr.log", "guest.json", "incoming", "recovery", "keeper", "unfinished.json", "savevm.log", "starting" };

    public RebuildRequest Request => request;

    public Dictionary<string, string> Replaced { get; } = new(StringComparer.Ordinal);

    public List<string> Notes { get; } = [];

    public List<string> Refusals { get; } = [];

    /// <summary>A new path in the run directory.</summary>
    /// <param name="stem">What it is for; what does not belong into a file name is left out.</param>
    /// <param name="old">What it stands for from now on; null where there was no name.</param>
    public string Fresh(string stem, string? old)
    {
        string clean = string.Concat(stem.Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')).TrimStart('.', '-');
        clean = clean.Length == 0 ? "file" : clean[..Math.Min(clean.Length, MaxNameLength)];
        string name = clean;
        for (int i = 2; !_names.Add(name); i++)
        {
            name = FormattableString.Invariant($"{clean}.{i}");
        }

        string path = Path.Combine(request.RunDirectory, name);
        if (old is not null)
        {
            Replaced[old] = path;
        }

        return path;
    }

    /// <summary>A recorded path, completed from the recorded folder.</summary>
    public string Full(string path) => Path.Combine(request.RecordedWorkingDirectory, path);

    /// <summary>A port of the host that is free.</summary>
    public int FreePort(string protocol, string host)
    {
        if (request.Ports is { } ports)
        {
            return ports.Take(protocol == "udp", host);
        }

        using var moment = new PortReservations();
        return moment.Take(protocol == "udp", host);
    }

    public void Refuse(string reason) => Refusals.Add(reason);

    public void Note(string sentence)
    {
        if (!Notes.Contains(sentence))
        {
            Notes.Add(sentence);
        }
    }
}
