using System.Text.Json;
using System.Text.Json.Nodes;
using Savevm.Linux;
using Savevm.Linux.Files;
using Savevm.Qemu.Qmp;

namespace Savevm.Qemu.Recovery;

/// <summary>
/// What another process must know to go on with a guest that runs before its RAM has arrived: the file <c>unfinished.json</c> in its run
/// directory, there from before the guest runs until it has everything. Whoever serves its pages holds the lock of the directory.
/// </summary>
/// <param name="HasPreempt">Requested pages have a connection of their own.</param>
/// <param name="HostPageBytes">Bytes of its host pages by RAM block, where they are huge.</param>
public sealed record UnfinishedPostcopy(bool HasPreempt, IReadOnlyDictionary<string, long> HostPageBytes)
{
    private const string FileName = "unfinished.json";

    /// <summary>Writes it down.</summary>
    public void Write(string directory)
    {
        var pages = new JsonObject();
        foreach (var (block, bytes) in HostPageBytes)
        {
            pages[block] = bytes;
        }

        string path = Path.Combine(directory, FileName);
        File.WriteAllText(path + ".new", new JsonObject { ["preempt"] = HasPreempt, ["host_page_bytes"] = pages }.ToJsonString() + "\n");
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Reads it; null where the guest has everything, or it cannot be read.</summary>
    public static UnfinishedPostcopy? Read(string directory)
    {
        try
        {
            var json = JsonNode.Parse(File.ReadAllText(Path.Combine(directory, FileName)));
            var pages = new Dictionary<string, long>(StringComparer.Ordinal);
            foreach (var (block, _) in json.Member("host_page_bytes") as JsonObject ?? [])
            {
                pages[block] = json.Member("host_page_bytes").Number(block);
            }

            return new UnfinishedPostcopy(json.Flag("preempt"), pages);
        }
        catch (Exception unreadable) when (unreadable is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The guest has everything.</summary>
    public static void Remove(string directory) => DeleteIfThere(Path.Combine(directory, FileName));

    /// <summary>Takes the right to serve the guest's pages; it ends with the process.</summary>
    /// <returns>Null when another process has it.</returns>
    public static IDisposable? TryServe(string directory)
    {
        // Who only looks holds it for a moment.
        for (int i = 0; i < 20; i++)
        {
            var folder = LinuxDirectory.Open(directory);
            if (folder.TryLock())
            {
                return folder;
            }

            folder.Dispose();
            Thread.Sleep(5);
        }

        return null;
    }

    /// <summary>Nobody serves the guest's pages.</summary>
    public static bool IsAbandoned(string directory)
    {
        try
        {
            using var folder = LinuxDirectory.Open(directory);
            return folder.TryLock();
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    // The folder goes with its QEMU, and may be gone already.
    internal static void DeleteIfThere(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // Then so is the file.
        }
    }
}
