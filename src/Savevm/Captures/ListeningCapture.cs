using System.Buffers.Binary;
using System.Diagnostics;
using Savevm.Machine;
using Savevm.Machine.VMState;
using Savevm.Migration.Incoming;
using Savevm.Parts;
using Savevm.Recorded;
using Savevm.Repository.Snapshots;
using Savevm.Transport;

namespace Savevm.Captures;

/// <summary>
/// Waits for any QEMU that somebody else tells to migrate here. Nothing is known of it but what the stream says: the command line
/// that brings it back must be given to resume.
/// </summary>
internal sealed class ListeningCapture(CaptureRequest request, string uri, IOperationObserver observer, SnapshotWriter writer)
{
    public async Task<CaptureReport> RunAsync(CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var (result, streamBytes) = await ReceiveAsync(cancellationToken).ConfigureAwait(false);
        foreach (var remark in result.Remarks) observer.Note(remark);
        writer.SealPages(cancellationToken);
        var manifest = writer.Commit(
            new SnapshotFacts
            {
                RunState = RunStateOf(result.Devices),
                Mode = "listen",
                Tags = request.Tags,
                Machine = new RecordedMachine { Type = result.Devices.MachineName }.ToJson(),
                Source = new RecordedSource().ToJson(),
            },
            cancellationToken);
        return CaptureOperation.Report(request, CaptureMode.Live, result.Remarks, manifest, streamBytes, watch);
    }

    /// <summary>Takes everything; when this returns nobody writes to the snapshot's pages any more.</summary>
    private async Task<(IncomingResult Result, long StreamBytes)> ReceiveAsync(CancellationToken cancellationToken)
    {
        using var listener = ChannelAddress.Parse(uri).Listen();
        observer.Note($"waiting at {listener.Address}");
        using var channel = await EngineThread.Start("savevm listen", () => listener.Accept(cancellationToken)).ConfigureAwait(false);
        using var incoming = new IncomingMigration(new DestinationMachine(writer.Ram, writer.Devices, StandingMachine.Instance), channel);
        var reading = EngineThread.Start("savevm incoming", () => incoming.Run(cancellationToken));
        while (await Task.WhenAny(reading, Task.Delay(200, CancellationToken.None)).ConfigureAwait(false) != reading)
        {
            observer.Progress(new ProgressUpdate { Phase = "active", Bytes = incoming.Statistics.StreamBytes });
        }
        var result = await reading.ConfigureAwait(false);
        return (result, incoming.Statistics.StreamBytes);
    }

    /// <summary>The run state that QEMU recorded in <c>globalstate</c>: a length and a name (docs/wire-format.md, 9.1).</summary>
    internal static string RunStateOf(DeviceState devices)
    {
        if (devices.Sections.FirstOrDefault(section => section.IdStr == "globalstate") is not { } section || section.Body.Length < 36) return "running";
        var length = BinaryPrimitives.ReadUInt32BigEndian(section.Body.Span);
        if (length is 0 or > 32) return "running";
        return System.Text.Encoding.ASCII.GetString(section.Body.Span.Slice(4, (int)length - 1)) is "running" or "suspended" ? "running" : "paused";
    }
}
