namespace Savevm.Qemu.CommandLine;

/// <summary>
/// Main memory of the new QEMU. For a clone, each RAM block that has an image is mapped from it, privately: the file is never
/// written, and clean pages are shared by all clones through the page cache. Otherwise no file of the recorded QEMU may be mapped:
/// that would be the recorded guest's own RAM.
/// </summary>
/// <remarks>The idstr of a RAM block is the id of its backend, or its whole path (<c>/objects/ID</c>) with machine types up to 4.0.</remarks>
internal static class MemoryRebuild
{
    // What belongs to the recorded kind of memory, or would populate it beforehand.
    private static readonly string[] KindBound =
    [
        "mem-path", "share", "discard-data", "readonly", "rom", "pmem", "align", "offset", "seal", "hugetlb", "hugetlbsize",
        "prealloc", "prealloc-threads", "prealloc-context", "reserve",
    ];

    /// <summary>The argument of <c>-object</c> when it is a memory backend; <paramref name="mapped"/> collects the blocks that got an image.</summary>
    public static string Backend(OptionValue value, HashSet<string> mapped, RebuildState state)
    {
        string id = value.Text("id") ?? string.Empty;
        foreach (string block in (ReadOnlySpan<string>)[id, "/objects/" + id])
        {
            if (state.Request.Images?.TryGetValue(block, out var image) == true)
            {
                mapped.Add(block);
                if (value.IsOn("hugetlb") || (value.Text("mem-path") is { } place && IsHuge(state.Full(place))))
                {
                    state.Note($"the memory {id} was made of huge pages; a clone's is mapped from its image, in ordinary ones");
                }

                value.Remove(KindBound);
                value.Set("qom-type", "memory-backend-file");
                value.Set("mem-path", image!);
                value.Set("share", "off");
                if (state.Request.ReadOnlyImages)
                {
                    value.Set("readonly", "on");
                    value.Set("rom", "off");
                }

                return value.ToString();
            }
        }

        if (state.Request.RamIsDemandLoaded && value.IsOn("prealloc"))
        {
            value.Remove("prealloc", "prealloc-threads", "prealloc-context");
            state.Note($"the memory {id} is not populated beforehand: its pages come on demand");
        }

        if (value.Text("qom-type") == "memory-backend-file" && value.Text("mem-path") is { } path)
        {
            if (!Directory.Exists(state.Full(path)))
            {
                Unshare(value, id, $"the file {state.Full(path)}, which belongs to the recorded QEMU", state);
            }
            else if (state.Request.Lazy && !TakesPagesOnDemand(state.Full(path)))
            {
                Unshare(value, id, $"a file in {path}, into which QEMU takes no pages on demand", state);
            }
        }

        return value.ToString();
    }

    /// <summary>The argument of <c>-overcommit</c>: what is locked into memory is copied before, and clones would share nothing.</summary>
    public static string? Overcommit(string text, RebuildState state)
    {
        var value = OptionValue.Parse(text, string.Empty);
        if (state.Request.Images is null || value.Text("mem-lock") is null or "off")
        {
            return text;
        }

        value.Remove("mem-lock");
        state.Note("-overcommit mem-lock was left out: locked memory cannot be shared between clones");
        return value.ToString() is { Length: > 0 } rest ? rest : null;
    }

    /// <summary>Whether memory in this folder or file is made of huge pages.</summary>
    public static bool IsHuge(string path) => FileSystemOf(path) == "hugetlbfs";

    /// <summary>Whether QEMU can wait for missing pages of memory in this folder: in no file system that has a disk under it.</summary>
    public static bool TakesPagesOnDemand(string path) => FileSystemOf(path) is "tmpfs" or "hugetlbfs";

    private static string FileSystemOf(string path)
    {
        try
        {
            return new DriveInfo(path).DriveFormat;
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return string.Empty;
        }
    }

    /// <summary>Maps main RAM that is no object on the recorded command line.</summary>
    /// <returns>The options to add, and the id of the backend for <c>-machine</c>; null where main RAM has no image.</returns>
    public static (QemuOption Object, string Id)? Main(QemuCommandLine recorded, HashSet<string> mapped, RebuildState state)
    {
        var request = state.Request;
        if (request.Images is null || request.MainRamId is not { } id || mapped.Contains(id) || !request.Images.TryGetValue(id, out var image))
        {
            return null;
        }

        if (HasBackend(recorded) || (request.MainRamBytes ?? recorded.MemoryBytes) is not { } bytes)
        {
            state.Refuse($"the size of the main memory {id} is not known, or it is made in a way that is not understood");
            return null;
        }

        mapped.Add(id);
        string text = FormattableString.Invariant($"memory-backend-file,id={OptionValue.Escape(id)},size={bytes},mem-path={OptionValue.Escape(image)},share=off");
        return (new QemuOption("object", text + (request.ReadOnlyImages ? ",readonly=on,rom=off" : string.Empty)), id);
    }

    private static bool HasBackend(QemuCommandLine recorded) =>
        recorded.All("machine").Any(option => OptionValue.Parse(option.Text, "type").Text("memory-backend") is not null);

    private static void Unshare(OptionValue value, string id, string file, RebuildState state)
    {
        // A file that nobody may write and that is RAM all the same (rom=off) is the image of a clone; any other is a ROM.
        if (value.IsOn("readonly") && value.Text("rom") != "off")
        {
            return;
        }

        bool shared = value.IsOn("share");
        value.Remove(KindBound);
        value.Set("qom-type", shared ? "memory-backend-memfd" : "memory-backend-ram");
        if (shared)
        {
            value.Set("share", "on");
        }

        state.Note($"the memory {id} is fresh memory instead of {file}");
    }
}
