using Savevm.States.Opening;

namespace Savevm.Inspections;

/// <summary>The operations on saved states of every form that need no QEMU.</summary>
public sealed class StateOperations : IStateOperations
{
    /// <inheritdoc/>
    public InspectReport Inspect(InspectRequest request, Action<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using StateSubject subject = Open(request.Subject, request.RepositoryPath, "inspect", progress, cancellationToken);
        return Inspection.Run(subject, request, cancellationToken);
    }

    /// <inheritdoc/>
    public VerifyReport Verify(string subject, string repositoryPath, Action<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        using StateSubject opened = Open(subject, repositoryPath, "verify", progress, cancellationToken);
        return opened.Snapshot is { } snapshot
            ? SnapshotVerification.Run(opened.Name, snapshot, progress, cancellationToken)
            : StreamVerification.Run(opened.Name, opened.File!, cancellationToken);
    }

    /// <inheritdoc/>
    public DiffReport Diff(DiffRequest request, Action<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return StateDifference.Find(request, progress, cancellationToken);
    }

    /// <inheritdoc/>
    public ImportReport Import(ImportRequest request, Action<ProgressUpdate> progress, Action<string> note, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return StateImport.Run(request, progress, note, cancellationToken);
    }

    /// <inheritdoc/>
    public ExportReport Export(ExportRequest request, Action<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return StateExport.Run(request, progress, cancellationToken);
    }

    /// <summary>Opens what a person named.</summary>
    /// <exception cref="SavevmException">It is not there, or of no form that can be opened.</exception>
    internal static StateSubject Open(
        string name, string repositoryPath, string phase, Action<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        try
        {
            long? total = File.Exists(name) ? new FileInfo(name).Length : null;
            return StateSubject.Open(name, repositoryPath, new ReadMeter(phase, total, progress), cancellationToken);
        }
        catch (UnsupportedFormException form)
        {
            throw new SavevmException(ExitCode.Incompatible, $"{phase} of {name}", form.Message, form.Hint, form);
        }
    }
}
