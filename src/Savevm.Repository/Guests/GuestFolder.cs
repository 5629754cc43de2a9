using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Savevm.Linux.Processes;

namespace Savevm.Repository.Guests;

/// <summary>
/// The disks of one resumed guest: a folder of the repository, not of a snapshot, because what the guest writes is not the snapshot's and may
/// outlive it. It stays when the guest ends, unless it was made to be temporary. Private to its user.
/// </summary>
/// <remarks>
/// <c>guest.json</c> in it: <c>snapshot</c>, <c>created</c>, <c>temporary</c>, <c>creator</c> and <c>guest</c> (each <c>pid</c> and
/// <c>start_time</c>, clock ticks since the machine started), <c>disks</c> (<c>overlay</c>, a name in this folder, and <c>base</c>, the image that
/// it stands on). A folder without one belongs to a savevm that died before its guest ran.
/// </remarks>
public sealed class GuestFolder
{
    private const string RootName = ".guests", DescriptionName = "guest.json";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // Longer than any start takes; a younger folder without a description may still be getting one.
    private static readonly TimeSpan UndescribedAge = TimeSpan.FromMinutes(10);

    private GuestFolder(string path) => Path = path;

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>The snapshot the guest came from.</summary>
    public string Snapshot { get; private set; } = "";

    /// <summary>When the guest was brought back.</summary>
    public DateTimeOffset Created { get; private set; }

    /// <summary>It disappears when its guest has ended.</summary>
    public bool IsTemporary { get; private set; }

    /// <summary>The guest's process; null when it never ran.</summary>
    public int? ProcessId { get; private set; }

    /// <summary>The guest runs, or is being brought back.</summary>
    public bool IsInUse { get; private set; }

    /// <summary>Its images and what each stands on: complete paths.</summary>
    public IReadOnlyList<(string Overlay, string Base)> Disks { get; private set; } = [];

    /// <summary>Bytes of disk that its images take.</summary>
    public long AllocatedBytes => Disks.Sum(disk => File.Exists(disk.Overlay) ? new FileInfo(disk.Overlay).Length : 0);

    /// <summary>Makes one.</summary>
    /// <param name="repositoryPath">The repository.</param>
    /// <param name="snapshot">The snapshot's name.</param>
    /// <exception cref="IOException">The file system refused.</exception>
    public static GuestFolder Create(string repositoryPath, string snapshot)
    {
        var path = System.IO.Path.Combine(repositoryPath, RootName, $"{snapshot}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}");
        Directory.CreateDirectory(path, Private);
        return new GuestFolder(path) { Snapshot = snapshot, Created = DateTimeOffset.UtcNow, IsInUse = true };
    }

    /// <summary>All of a repository, and removes temporary ones whose guests have ended.</summary>
    /// <param name="repositoryPath">The repository.</param>
    /// <param name="isNeeded">Whether an image is part of a snapshot; such a folder stays. Null when nothing is to be removed.</param>
    public static IReadOnlyList<GuestFolder> List(string repositoryPath, Func<string, bool>? isNeeded = null)
    {
        var root = System.IO.Path.Combine(repositoryPath, RootName);
        var found = new List<GuestFolder>();
        if (!Directory.Exists(root)) return found;
        foreach (var path in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
        {
            if (Read(path) is not { } folder) continue;
            if (isNeeded is not null && folder is { IsInUse: false, IsTemporary: true } && !folder.Disks.Any(disk => isNeeded(disk.Overlay))) folder.Remove();
            else found.Add(folder);
        }
        return found;
    }

    /// <summary>Writes down whose it is.</summary>
    /// <param name="processId">The guest's process; null before it is started.</param>
    /// <param name="isTemporary">It is to disappear when the guest has ended.</param>
    /// <param name="disks">The images in it, and what each stands on.</param>
    /// <exception cref="IOException">The file system refused.</exception>
    public void Describe(int? processId, bool isTemporary, IReadOnlyList<(string Overlay, string Base)> disks)
    {
        ArgumentNullException.ThrowIfNull(disks);
        (ProcessId, IsTemporary, Disks) = (processId, isTemporary, disks);
        var images = new JsonArray();
        foreach (var (overlay, below) in disks)
            images.Add((JsonNode)new JsonObject { ["overlay"] = System.IO.Path.GetFileName(overlay), ["base"] = below });
        var description = new JsonObject
        {
            ["snapshot"] = Snapshot,
            ["created"] = Created.ToString("O", CultureInfo.InvariantCulture),
            ["temporary"] = isTemporary,
            ["creator"] = Identify(Environment.ProcessId),
            ["guest"] = processId is { } id ? Identify(id) : null,
            ["disks"] = images,
        };
        var file = System.IO.Path.Combine(Path, DescriptionName);
        File.WriteAllText(file + ".new", description.ToJsonString() + "\n");
        File.Move(file + ".new", file, overwrite: true);
    }

    /// <summary>An image that its own stand on was merged into another.</summary>
    /// <param name="from">The image that is gone.</param>
    /// <param name="to">The one that has its contents.</param>
    /// <exception cref="IOException">The file system refused.</exception>
    public void Rebase(string from, string to)
    {
        var file = System.IO.Path.Combine(Path, DescriptionName);
        var description = JsonNode.Parse(File.ReadAllText(file));
        foreach (var disk in (description?["disks"] as JsonArray ?? []).OfType<JsonObject>())
        {
            if (disk["base"]?.GetValue<string>() == from) disk["base"] = to;
        }
        File.WriteAllText(file + ".new", description!.ToJsonString() + "\n");
        File.Move(file + ".new", file, overwrite: true);
        Disks = [.. Disks.Select(disk => disk.Base == from ? (disk.Overlay, to) : disk)];
    }

    /// <summary>Removes it with its images. What cannot be removed stays for the next time.</summary>
    public void Remove()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
            // The folder of all of them goes with the last.
            Directory.Delete(System.IO.Path.GetDirectoryName(Path)!);
        }
        catch (Exception busy) when (busy is IOException or UnauthorizedAccessException)
        {
            // Others are in it, or it is gone already.
        }
    }

    private static GuestFolder? Read(string path)
    {
        try
        {
            // A member that occurs twice would be noticed only when it is asked for, as a mistake of who asks.
            var strict = new JsonDocumentOptions { AllowDuplicateProperties = false };
            var json = JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(path, DescriptionName)), documentOptions: strict) as JsonObject ?? [];
            var guest = json["guest"] as JsonObject;
            return new GuestFolder(path)
            {
                Snapshot = json["snapshot"]?.GetValue<string>() ?? "",
                Created = DateTimeOffset.Parse(json["created"]?.GetValue<string>() ?? "", CultureInfo.InvariantCulture),
                IsTemporary = json["temporary"]?.GetValue<bool>() ?? false,
                ProcessId = guest?["pid"]?.GetValue<int>(),
                IsInUse = guest is not null ? IsAlive(guest) : IsAlive(json["creator"] as JsonObject),
                Disks =
                [
                    .. (json["disks"] as JsonArray ?? []).OfType<JsonObject>().Select(disk => (
                        System.IO.Path.Combine(path, System.IO.Path.GetFileName(disk["overlay"]?.GetValue<string>() ?? "")), disk["base"]?.GetValue<string>() ?? ""))
                ],
            };
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or JsonException or FormatException or InvalidOperationException)
        {
            if (!File.Exists(System.IO.Path.Combine(path, DescriptionName)) && DateTime.UtcNow - Directory.GetLastWriteTimeUtc(path) > UndescribedAge)
                new GuestFolder(path).Remove();
            return null;
        }
    }

    private static JsonObject? Identify(int processId) =>
        ProcessInfo.Read(processId) is { } info ? new JsonObject { ["pid"] = processId, ["start_time"] = info.StartTime } : null;

    private static bool IsAlive(JsonObject? process) =>
        process?["pid"]?.GetValue<int>() is { } id && process["start_time"]?.GetValue<long>() is { } started && ProcessInfo.IsAlive(id, started);
}
