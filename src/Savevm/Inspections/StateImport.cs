using System.Diagnostics;
using Savevm.Captures;
using Savevm.Machine.VMState;
using Savevm.Recorded;
using Savevm.Repository;
using Savevm.Repository.Snapshots;
using Savevm.States.Loading;
using Savevm.States.Opening;
using Savevm.States.Reading;

namespace Savevm.Inspections;

/// <summary>Makes a snapshot of a file of any form. A file that is damaged leaves no trace in the repository.</summary>
internal static class StateImport
{
    internal static ImportReport Run(ImportRequest request, Action<ProgressUpdate> progress, Action<string> note, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        SnapshotName.Validate(request.Name);
        using var repository = SnapshotRepository.Open(request.RepositoryPath, create: true);
        try
        {
            return Run(request, repository, null, watch, progress, note, cancellationToken);
        }
        catch (EarlierPagesMissingException missing)
        {
            if (request.Subject == StateSubject.StandardInput)
            {
                throw new SavevmException(
                    ExitCode.Incompatible, $"import of {request.Subject}", "the stream has XBZRLE pages, for which it must be read twice", "put it into a file first", missing);
            }
            // Rare enough that nobody else pays for it: what pages were is kept in a file beside.
            using var earlier = new EarlierPages(Path.GetTempPath());
            return Run(request, repository, earlier, watch, progress, note, cancellationToken);
        }
    }

    private static ImportReport Run(
        ImportRequest request,
        SnapshotRepository repository,
        EarlierPages? earlier,
        Stopwatch watch,
        Action<ProgressUpdate> progress,
        Action<string> note,
        CancellationToken cancellationToken)
    {
        using SavedStateFile file = OpenFile(request, progress, cancellationToken);
        using SnapshotWriter writer = repository.BeginSnapshot(request.Name);
        DeviceState state = Load(file, writer, cancellationToken, earlier);
        if (state.MachineName is null)
            note("the state does not tell its machine type; whoever resumes it must know it");
        SnapshotManifest manifest = writer.Commit(
            new SnapshotFacts
            {
                RunState = ListeningCapture.RunStateOf(state),
                Mode = "import",
                Tags = request.Tags,
                Machine = new RecordedMachine { Type = state.MachineName }.ToJson(),
                Source = RecordedSource.Given(request.CommandLine).ToJson(),
            },
            cancellationToken);
        if (request.CommandLine.Count == 0)
            note("no command line was given: savevm resume needs one behind --");
        return new ImportReport(
            request.Name, [.. file.Layers.Select(layer => layer.Name)], manifest.RamBytes, manifest.DataBytes, watch.Elapsed)
        {
            Machine = state.MachineName,
        };
    }

    /// <summary>Loads an opened file into a snapshot that is being written.</summary>
    internal static DeviceState Load(SavedStateFile file, SnapshotWriter writer, CancellationToken cancellationToken, EarlierPages? earlier = null)
    {
        using var loader = new StateLoader(writer.Ram, writer.Devices, earlier);
        using (var input = new StateInput(file))
            loader.Load(input, cancellationToken);
        writer.SealPages(cancellationToken);
        return loader.State!;
    }

    private static SavedStateFile OpenFile(ImportRequest request, Action<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        StateSubject subject = StateOperations.Open(request.Subject, request.RepositoryPath, "import", progress, cancellationToken);
        if (subject.File is { } file)
            return file;
        subject.Dispose();
        throw new SavevmException(ExitCode.NotFound, $"import of {request.Subject}", "there is no such file", "a snapshot is one already");
    }
}
