namespace Savevm;

/// <summary>The operations on saved states of every form that need no QEMU. All throw <see cref="SavevmException"/> or what
/// <see cref="Failure"/> translates.</summary>
public interface IStateOperations
{
    /// <summary>Tells what a state holds. Reads a file once, from its beginning to its end.</summary>
    /// <param name="request">What to inspect.</param>
    /// <param name="progress">Told how far it has come.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    InspectReport Inspect(InspectRequest request, Action<ProgressUpdate> progress, CancellationToken cancellationToken);

    /// <summary>Reads everything and checks everything that can be checked.</summary>
    /// <param name="subject">A file, a snapshot, or <c>-</c> for the standard input.</param>
    /// <param name="repositoryPath">The folder of the repository.</param>
    /// <param name="progress">Told how far it has come.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    VerifyReport Verify(string subject, string repositoryPath, Action<ProgressUpdate> progress, CancellationToken cancellationToken);

    /// <summary>Tells how two states differ.</summary>
    /// <param name="request">What to compare.</param>
    /// <param name="progress">Told how far it has come.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    DiffReport Diff(DiffRequest request, Action<ProgressUpdate> progress, CancellationToken cancellationToken);

    /// <summary>Makes a snapshot of a file. When it returns, the snapshot is durable.</summary>
    /// <param name="request">What to import.</param>
    /// <param name="progress">Told how far it has come.</param>
    /// <param name="note">Told sentences worth knowing.</param>
    /// <param name="cancellationToken">Ends it early; nothing is left then.</param>
    ImportReport Import(ImportRequest request, Action<ProgressUpdate> progress, Action<string> note, CancellationToken cancellationToken);

    /// <summary>Writes a state in another form. When it returns, the file is complete and durable.</summary>
    /// <param name="request">What to export.</param>
    /// <param name="progress">Told how far it has come.</param>
    /// <param name="cancellationToken">Ends it early; nothing is left then.</param>
    ExportReport Export(ExportRequest request, Action<ProgressUpdate> progress, CancellationToken cancellationToken);
}
