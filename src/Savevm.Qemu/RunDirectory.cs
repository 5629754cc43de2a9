using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Savevm.Linux;
using Savevm.Linux.Files;
using Savevm.Linux.Processes;
using Savevm.Qemu.CommandLine;
using Savevm.Qemu.Qmp;

namespace Savevm.Qemu;

/// <summary>
/// The folder of one started guest: its sockets, its log, and <c>guest.json</c>, which says whose it is. Private to its user. Folders
/// whose processes are gone are removed by the next guest; so is one whose savevm was killed before its guest ran, with the
/// QEMU that waits in vain.
/// </summary>
/// <remarks>
/// <c>guest.json</c>: <c>creator</c> and <c>guest</c>, each with <c>pid</c> and <c>start_time</c> (clock ticks since the machine started);
/// and what a <see cref="GuestDescription"/> says.
/// </remarks>
public sealed class RunDirectory
{
    /// <summary>The name of the description in it.</summary>
    public const string DescriptionName = "guest.json";

    // Holds the process id of its savevm. There from the beginning and gone when the guest runs: taking a file away does not fail for
    // want of space.
    private const string StartingName = "starting";

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // Longer than any start takes; a younger folder without a description may still be getting one.
    private static readonly TimeSpan UndescribedAge = TimeSpan.FromMinutes(5);

    private RunDirectory(string path)
    {
        Path = path;
    }

    /// <summary>Where it is; absolute.</summary>
    public string Path { get; }

    /// <summary>QEMU's own output.</summary>
    public string LogPath => System.IO.Path.Combine(Path, "stderr.log");

    /// <summary>
    /// Makes a folder, after removing those whose processes are gone. Nothing says yet whose it is (<see cref="Describe"/>): until QEMU is started,
    /// everything that is done delays the guest.
    /// </summary>
    /// <param name="parent">Where; null for the user's own place (<see cref="Root"/>).</param>
    /// <param name="cleans">Look for folders to remove; whoever is in a hurry does that later (<see cref="RemoveAbandoned"/>).</param>
    /// <exception cref="QemuException">The place is not safe: it belongs to somebody else.</exception>
    public static RunDirectory Create(string? parent = null, bool cleans = true)
    {
        string root = parent ?? Root();
        MakePrivate(root);
        if (cleans)
        {
            RemoveAbandoned(root);
        }

        // Not from RandomNumberGenerator, which loads OpenSSL for it: milliseconds. The folder above is private, so the name need not be secret.
        string path = System.IO.Path.Combine(root, Guid.NewGuid().ToString("N")[..8]);
        Directory.CreateDirectory(path, Private);
        File.WriteAllText(System.IO.Path.Combine(path, StartingName), FormattableString.Invariant($"{Environment.ProcessId}"));
        return new RunDirectory(path);
    }

    /// <summary>The folder of a guest that was started before.</summary>
    public static RunDirectory Of(string path) => new(path);

    /// <summary>The user's own place: <c>$XDG_RUNTIME_DIR/savevm</c>, or <c>/tmp/savevm-UID</c> where there is none.</summary>
    public static string Root()
    {
        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        return !string.IsNullOrEmpty(runtime) && System.IO.Path.IsPathRooted(runtime) && IsOurs(runtime)
            ? System.IO.Path.Combine(runtime, "savevm")
            : FormattableString.Invariant($"/tmp/savevm-{FileIdentity.OwnUserId}");
    }

    /// <summary>Writes down whose the folder is.</summary>
    public void Describe(GuestDescription guest)
    {
        ArgumentNullException.ThrowIfNull(guest);
        var description = guest.ToJson();
        description["creator"] = Identify(Environment.ProcessId);
        description["guest"] = guest.ProcessId is { } id ? Identify(id) : null;
        string path = System.IO.Path.Combine(Path, DescriptionName);
        File.WriteAllText(path + ".new", description.ToJsonString() + "\n");
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Its guest runs, and from now on belongs to nobody but its user.</summary>
    public void GuestRuns() => File.Delete(System.IO.Path.Combine(Path, StartingName));

    /// <summary>The guests of a place that run, each as its folder describes it. Of what cannot be read nothing is said.</summary>
    /// <param name="root">The place; null for the user's own.</param>
    public static IReadOnlyList<GuestDescription> RunningGuests(string? root = null) => GuestsOf(root ?? Root(), withStarting: false);

    /// <summary>The guests of a place whose QEMU is alive.</summary>
    /// <param name="root">The place.</param>
    /// <param name="withStarting">Also those that do not run yet, as far as their savevm told.</param>
    public static IReadOnlyList<GuestDescription> GuestsOf(string root, bool withStarting)
    {
        var guests = new List<GuestDescription>();
        foreach (string path in Directory.Exists(root) ? Directory.EnumerateDirectories(root) : [])
        {
            try
            {
                var said = JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(path, DescriptionName)));
                var guest = said.Member("guest");
                if (IsAlive(guest) && (withStarting || !File.Exists(System.IO.Path.Combine(path, StartingName))))
                {
                    guests.Add(GuestDescription.Parse(said, path, (int)guest.Number("pid")));
                }
            }
            catch (Exception unreadable) when (unreadable is IOException or JsonException or UnauthorizedAccessException)
            {
                // Not described yet, or on its way out.
            }
        }

        return guests;
    }

    /// <summary>Removes it with all that is in it; not finding it is no error.</summary>
    public void Remove() => Remove(Path);

    /// <summary>Removes the folders under a place whose processes are gone. Returns how many.</summary>
    public static int RemoveAbandoned(string root)
    {
        int removed = 0;
        foreach (string path in Directory.Exists(root) ? Directory.EnumerateDirectories(root) : [])
        {
            if (IsAbandoned(path))
            {
                Remove(path);
                removed++;
            }
        }

        return removed;
    }

    private static JsonObject? Identify(int processId) =>
        ProcessInfo.Read(processId) is { } info ? new JsonObject { ["pid"] = processId, ["start_time"] = info.StartTime } : null;

    // Ends the QEMU of a savevm that was killed before the guest ran: nobody else knows of it.
    private static bool IsAbandoned(string path)
    {
        string starting = System.IO.Path.Combine(path, StartingName);
        try
        {
            string description = System.IO.Path.Combine(path, DescriptionName);
            if (!File.Exists(description))
            {
                int creator = int.Parse(File.ReadAllText(starting), CultureInfo.InvariantCulture);
                if (Directory.Exists(FormattableString.Invariant($"/proc/{creator}")))
                {
                    return false;
                }

                EndUndescribed(path);
                return true;
            }

            var said = JsonNode.Parse(File.ReadAllText(description));
            var guest = said.Member("guest");
            if (IsAlive(said.Member("creator")) || (IsAlive(guest) && !File.Exists(starting)))
            {
                return false;
            }

            if (IsAlive(guest) && !said.Flag("users_own"))
            {
                End((int)guest.Number("pid"));
            }

            return true;
        }
        catch (Exception unreadable) when (unreadable is IOException or JsonException or UnauthorizedAccessException or FormatException)
        {
            return DateTime.UtcNow - Directory.GetLastWriteTimeUtc(path) > UndescribedAge;
        }
    }

    private static void EndUndescribed(string path)
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(System.IO.Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && ProcessInfo.Read(id) is { } process
                && process.Arguments.Any(word => word.Contains(path + "/", StringComparison.Ordinal))
                && process.Arguments.Any(word => word.Contains($"id={CommandLineRebuild.MonitorId},", StringComparison.Ordinal)))
            {
                End(id);
            }
        }
    }

    private static void End(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            process.Kill();
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It ended by itself.
        }
    }

    private static bool IsAlive(JsonNode? process) =>
        process is not null && process.NumberOrNull("pid") is { } id and > 0 and <= int.MaxValue && ProcessInfo.IsAlive((int)id, process.Number("start_time"));

    private static void Remove(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception busy) when (busy is IOException or UnauthorizedAccessException)
        {
            // Gone already, or being removed by another savevm; what stays is taken by the next one.
        }
    }

    private static void MakePrivate(string root)
    {
        Directory.CreateDirectory(root, Private);
        if (!IsOurs(root))
        {
            throw new QemuException($"the folder {root} is not this user's own, so no guest's sockets are put there", "remove it, or set XDG_RUNTIME_DIR to a private folder");
        }

        // Ours, but perhaps made by somebody with a wider umask.
        File.SetUnixFileMode(root, Private);
    }

    private static bool IsOurs(string path)
    {
        try
        {
            var identity = FileIdentity.Of(path, followLink: false);
            return identity.IsFolder && identity.UserId == FileIdentity.OwnUserId;
        }
        catch (LinuxException)
        {
            return false;
        }
    }
}
