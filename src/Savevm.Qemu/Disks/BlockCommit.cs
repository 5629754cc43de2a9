using System.Text.Json.Nodes;
using Savevm.Qemu.Qmp;

namespace Savevm.Qemu.Disks;

/// <summary>Merges an image of a running QEMU's chain into the one below it; the guest goes on meanwhile.</summary>
public sealed class BlockCommit(QmpClient client)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>The disk of this QEMU that has an image in its chain; null where none has.</summary>
    /// <param name="image">The path of the image; links are followed by the caller.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="QmpConnectionException">QEMU vanished.</exception>
    public async Task<(AttachedDisk Disk, BlockNode Upper)?> FindAsync(string image, CancellationToken cancellationToken = default)
    {
        var answers = await client.ExecuteEachAsync([.. BlockGraph.Questions], cancellationToken).ConfigureAwait(false);
        var folder = client.PeerProcessId is { } id ? Facts.HostProcessFact.Read(id)?.WorkingDirectory : null;
        foreach (var disk in BlockGraph.Parse([.. answers.Select(answer => answer.Answer)], folder))
        {
            if (disk.Root?.Chain().FirstOrDefault(node => node.OwnHostPaths().Contains(image)) is { } upper)
            {
                return (disk, upper);
            }
        }

        return null;
    }

    /// <summary>
    /// Merges. When it is done nothing of this QEMU stands on the upper image any more, and the image above it, if there is one, names the lower.
    /// </summary>
    /// <param name="disk">The disk.</param>
    /// <param name="upper">The image to merge into the one below it.</param>
    /// <param name="progress">Told how many bytes are done, and of how many.</param>
    /// <param name="cancellationToken">Cancels: both images stay, and what is seen through them stays the same.</param>
    /// <exception cref="QemuException">QEMU refused, failed or vanished.</exception>
    public async Task RunAsync(AttachedDisk disk, BlockNode upper, Action<long, long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(disk);
        ArgumentNullException.ThrowIfNull(upper);
        var lower = upper.Backing ?? throw new QemuException($"{upper.FileName} stands on nothing");
        string job = $"savevm-{Guid.NewGuid():N}"[..20];
        client.ForgetEvents();
        await client.ExecuteAsync(
            "block-commit",
            new JsonObject { ["job-id"] = job, ["device"] = disk.Root!.Name, ["top-node"] = upper.Name, ["base-node"] = lower.Name },
            cancellationToken).ConfigureAwait(false);
        try
        {
            await FinishAsync(job, progress, cancellationToken).ConfigureAwait(false);
            // A node that came by blockdev-add stays although nobody uses it, and what it stands on is no disk's root as long as it does.
            await client.ExecuteEachAsync([new("blockdev-del", new JsonObject { ["node-name"] = upper.Name })], cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await client.ExecuteEachAsync(
                [new("block-job-cancel", new JsonObject { ["device"] = job, ["force"] = true })], CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    private async Task FinishAsync(string job, Action<long, long>? progress, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // The image that the guest writes to becomes ready and is asked to be left; any other ends by itself.
        var ready = client.WaitForEventAsync(item => item.Name == "BLOCK_JOB_READY" && item.Text("device") == job, stop.Token);
        var over = client.WaitForEventAsync(item => item.Name is "BLOCK_JOB_COMPLETED" or "BLOCK_JOB_CANCELLED" && item.Text("device") == job, stop.Token);
        bool asked = false;
        try
        {
            while (!over.IsCompleted)
            {
                await Task.WhenAny(asked ? over : Task.WhenAny(over, ready), Task.Delay(PollInterval, cancellationToken)).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                if (ready.IsCompletedSuccessfully && !asked)
                {
                    asked = true;
                    await client.ExecuteAsync("block-job-complete", new JsonObject { ["device"] = job }, cancellationToken).ConfigureAwait(false);
                }
                else if (!over.IsCompleted && progress is not null)
                {
                    var jobs = (await client.ExecuteEachAsync([new("query-block-jobs")], cancellationToken).ConfigureAwait(false))[0].Answer;
                    if (jobs.Items().FirstOrDefault(item => item.Text("device") == job) is { } mine)
                    {
                        progress(mine.Number("offset"), mine.Number("len"));
                    }
                }
            }

            var end = await over.ConfigureAwait(false);
            if (end.Name == "BLOCK_JOB_CANCELLED" || end.Text("error") is not null)
            {
                throw new QemuException($"QEMU could not merge the images: {end.Text("error") ?? "the job was cancelled"}");
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }
}
