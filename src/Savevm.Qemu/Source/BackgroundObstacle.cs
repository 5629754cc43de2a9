using System.Text.Json.Nodes;
using Savevm.Qemu.Facts;
using Savevm.Qemu.Qmp;

namespace Savevm.Qemu.Source;

/// <summary>
/// What of a machine does not go together with a background snapshot: devices that write to RAM past the protection, which QEMU does not refuse, and RAM
/// that cannot be protected, which it refuses without a name.
/// </summary>
internal static class BackgroundObstacle
{
    // The protection is in QEMU's own page tables: another process writes by its own, a host's device by none.
    private static readonly string[] Devices = ["vhost-user-", "vhost-vdpa-", "vfio-", "x-vfio-user-"];
    private static readonly string[] Networks = ["vhost-user", "vhost-vdpa"];

    /// <summary>Why a background snapshot of this machine would not be of one instant; null when it would.</summary>
    public static SourceUnavailableException? OfDevices(MachinePartsFact parts)
    {
        string[] names =
        [
            .. parts.Devices.Where(device => Devices.Any(start => device.Type.StartsWith(start, StringComparison.Ordinal))).Select(device => device.Id is { } id ? $"{id} ({device.Type})" : device.Type),
            .. parts.NetworkBackends.Where(backend => Networks.Contains(backend.Kind)).Select(backend => $"{backend.Id} ({backend.Kind})"),
        ];
        return names.Length == 0 ? null : new SourceUnavailableException(
            $"no background snapshot of this machine: {string.Join(", ", names)} can write to its RAM without QEMU, which write protection does not stop",
            "--mode stop takes it while it stands still");
    }

    /// <summary>The memory backends whose RAM cannot be write-protected: files that are on a disk. None where QEMU does not tell.</summary>
    public static async Task<IReadOnlyList<string>> OfMemoryAsync(QmpClient client, CancellationToken cancellationToken)
    {
        var backends = (await client.ExecuteEachAsync([new QmpCommand("query-memdev")], cancellationToken).ConfigureAwait(false))[0].Answer;
        var found = new List<string>();
        foreach (string id in backends.Items().Select(item => item.Text("id")).OfType<string>().Where(id => id.Length > 0))
        {
            var question = new QmpCommand("qom-get", new JsonObject { ["path"] = "/objects/" + id, ["property"] = "mem-path" });
            string? path = (await client.ExecuteEachAsync([question], cancellationToken).ConfigureAwait(false))[0].Answer.AsText();
            if (path is not null && FileSystemOf(path) is not ("tmpfs" or "ramfs" or "hugetlbfs"))
            {
                found.Add($"{id} (mem-path={path})");
            }
        }

        return found;
    }

    // A path that is another one here, or none, belongs to nobody knows what.
    private static string? FileSystemOf(string path)
    {
        try
        {
            return new DriveInfo(path).DriveFormat;
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
