using System.Text.Json;
using System.Text.Json.Nodes;
using Savevm.Recorded;

namespace Savevm.Disks;

/// <summary>
/// A merge that was begun: a small file in the repository, there before the lower image changes and gone when every snapshot knows of it. So a
/// merge that was interrupted is finished by the next removal. Merging the same twice does no harm.
/// </summary>
/// <param name="Upper">The image that goes.</param>
/// <param name="Lower">The image that it goes into.</param>
/// <param name="LowerDriver">Its format.</param>
internal sealed record MergeJournal(string Upper, string Lower, string LowerDriver)
{
    private const string Prefix = ".merge-";

    private string? file;

    /// <summary>The merges of a repository that were begun and not finished.</summary>
    public static IReadOnlyList<MergeJournal> Open(string repositoryPath)
    {
        var found = new List<MergeJournal>();
        foreach (var path in Directory.EnumerateFiles(repositoryPath, Prefix + "*"))
        {
            try
            {
                var json = JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? [];
                if (RecordedJson.Text(json, "upper") is { } upper && RecordedJson.Text(json, "lower") is { } lower && RecordedJson.Text(json, "lower_driver") is { } driver)
                    found.Add(new MergeJournal(upper, lower, driver) { file = path });
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or JsonException)
            {
                // It was never written whole, so nothing was begun.
            }
        }
        return found;
    }

    /// <summary>Writes it down, safe against a power cut.</summary>
    /// <exception cref="IOException">The file system refused.</exception>
    public void Begin(string repositoryPath)
    {
        if (file is not null) return;
        var path = Path.Combine(repositoryPath, $"{Prefix}{Guid.NewGuid().ToString("N")[..12]}");
        using (var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write))
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["upper"] = Upper, ["lower"] = Lower, ["lower_driver"] = LowerDriver }.ToJsonString()));
            stream.Flush(flushToDisk: true);
        }
        file = path;
    }

    /// <summary>It is done, or was not begun after all.</summary>
    public void End()
    {
        if (file is not null) File.Delete(file);
        file = null;
    }
}
