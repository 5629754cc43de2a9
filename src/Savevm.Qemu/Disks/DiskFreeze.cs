using System.Text.Json.Nodes;
using Savevm.Qemu.Qmp;
using Savevm.Qemu.Source;

namespace Savevm.Qemu.Disks;

/// <summary>
/// Lays overlays over all writable disks of a live QEMU in one transaction: from then on nobody writes to what is below. Opening the
/// overlays takes milliseconds and happens beforehand, while the guest runs; the transaction itself is for a moment when it stands still.
/// </summary>
public sealed class DiskFreeze(QmpClient client, IReadOnlyList<DiskOverlay> overlays)
{
    private readonly List<DiskOverlay> _opened = [];

    /// <summary>The overlays are in place.</summary>
    public bool IsDone { get; private set; }

    /// <summary>What takes back an <see cref="OpenAsync"/> when nobody can wait for answers; harmless once the overlays are in place.</summary>
    public IEnumerable<QmpCommand> UndoCommands() => overlays.Select(Close);

    /// <summary>Lets QEMU open the overlays. The guest may run; nothing of it changes.</summary>
    /// <exception cref="SourceUnavailableException">QEMU cannot open one of them; none stays open.</exception>
    /// <exception cref="QemuException">QEMU vanished.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken = default)
    {
        foreach (var overlay in overlays)
        {
            var refusal = (await client.ExecuteEachAsync([Open(overlay)], cancellationToken).ConfigureAwait(false))[0].Refusal;
            if (refusal is not null)
            {
                await UndoAsync(cancellationToken).ConfigureAwait(false);
                throw new SourceUnavailableException(
                    $"the disk {overlay.Disk} cannot be frozen: QEMU cannot open its overlay {overlay.Path}: {refusal.Description}",
                    "--after stop or quit needs no overlay; --overlays FOLDER names a folder where QEMU may write",
                    refusal);
            }

            _opened.Add(overlay);
        }
    }

    /// <summary>Puts them in place, all or none. The guest must stand still, or disks and RAM are of different instants.</summary>
    /// <exception cref="SourceUnavailableException">QEMU refused; nothing is changed.</exception>
    /// <exception cref="QemuException">QEMU vanished.</exception>
    public async Task SwitchAsync(CancellationToken cancellationToken = default)
    {
        if (overlays.Count == 0)
        {
            return;
        }

        var actions = new JsonArray();
        foreach (var overlay in overlays)
        {
            actions.Add((JsonNode)new JsonObject
            {
                ["type"] = "blockdev-snapshot",
                ["data"] = new JsonObject { ["node"] = overlay.Below.Name, ["overlay"] = overlay.Node },
            });
        }

        var refusal = (await client.ExecuteEachAsync(
            [new("transaction", new JsonObject { ["actions"] = actions })], cancellationToken).ConfigureAwait(false))[0].Refusal;
        if (refusal is not null)
        {
            throw new SourceUnavailableException($"the disks cannot be frozen: {refusal.Description}", "--after stop or quit needs no overlay", refusal);
        }

        IsDone = true;
    }

    /// <summary>Lets QEMU close what <see cref="OpenAsync"/> opened, as long as it is not in place.</summary>
    /// <exception cref="QmpConnectionException">QEMU vanished.</exception>
    public async Task UndoAsync(CancellationToken cancellationToken = default)
    {
        if (IsDone || _opened.Count == 0)
        {
            return;
        }

        await client.ExecuteEachAsync([.. _opened.Select(Close)], cancellationToken).ConfigureAwait(false);
        _opened.Clear();
    }

    private static QmpCommand Close(DiskOverlay overlay) => new("blockdev-del", new JsonObject { ["node-name"] = overlay.Node });

    // What it stands on is not opened a second time: the transaction puts the living node there.
    private static QmpCommand Open(DiskOverlay overlay)
    {
        JsonObject Cache() => new() { ["direct"] = overlay.Below.IsDirect, ["no-flush"] = overlay.Below.IsNeverFlushed };
        return new("blockdev-add", new JsonObject
        {
            ["driver"] = "qcow2",
            ["node-name"] = overlay.Node,
            ["discard"] = "unmap",
            ["cache"] = Cache(),
            ["file"] = new JsonObject { ["driver"] = "file", ["filename"] = overlay.Path, ["discard"] = "unmap", ["cache"] = Cache() },
            ["backing"] = null,
        });
    }
}
