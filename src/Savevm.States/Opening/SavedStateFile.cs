using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;
using Savevm.States.Recordings;
using Savevm.Wire;
using Savevm.Wire.Containers.Qcow2;
using Savevm.Wire.Forward;

namespace Savevm.States.Opening;

/// <summary>
/// A file or pipe that holds a saved machine in whatever form, opened down to its migration stream. Opening reads only what stands before the
/// stream, unless the form has to be read at any place and the file cannot be: then an unpacked copy is made. For one thread.
/// </summary>
public sealed class SavedStateFile : IDisposable
{
    private readonly LayerPeeler _peeled;

    private SavedStateFile(string name, LayerPeeler peeled)
    {
        Name = name;
        _peeled = peeled;
        ContentOffset = peeled.Content.Position;
    }

    /// <summary>The path by which it was opened, without the name of a snapshot; for messages.</summary>
    public string Name { get; }

    /// <summary>The forms around the stream from the outside to the inside; the last one is the stream.</summary>
    public IReadOnlyList<StateLayer> Layers => _peeled.Layers;

    /// <summary>Header, domain XML and cookie of a libvirt save image; null without one.</summary>
    public LibvirtImage? Libvirt => _peeled.Libvirt;

    /// <summary>Header of a qcow2 image; null without one.</summary>
    public Qcow2Header? Qcow2 => _peeled.Qcow2?.Header;

    /// <summary>What a migration recording holds beside the stream, as far as the content was read; null where it is none.</summary>
    public RecordingSurvey? Recording => _peeled.Recording;

    /// <summary>All internal snapshots of a qcow2 image, also those of the disk alone; empty without an image.</summary>
    public IReadOnlyList<Qcow2Snapshot> Snapshots => _peeled.Qcow2?.Snapshots ?? [];

    /// <summary>The internal snapshot whose machine this is; null without a qcow2 image.</summary>
    public Qcow2Snapshot? Snapshot => _peeled.Snapshot;

    /// <summary>The stream's configuration; null where it has none, or none that can be read.</summary>
    public ConfigurationRecord? Configuration => _peeled.Configuration;

    /// <summary>RAM lies at fixed places: read it through <see cref="Storage"/>, at the positions that the block list gives.</summary>
    public bool IsMappedRam => _peeled.IsMappedRam;

    /// <summary>The stream from its first byte on. What a damaged layer around it does not yield is a <see cref="WireException"/>.</summary>
    public Stream Content => _peeled.Content;

    /// <summary>
    /// Offset of the stream's first byte in the innermost layer around it, and where it is there, in <see cref="Storage"/>: 0 except in a
    /// libvirt image that is not compressed inside.
    /// </summary>
    public long ContentOffset { get; }

    /// <summary>
    /// The file in which offsets of the content, and the positions of mapped-ram, count; always there with mapped-ram, null where the content
    /// can only be read forward.
    /// </summary>
    public StateStorage? Storage => _peeled.Storage;

    /// <summary>Opens a file.</summary>
    /// <param name="path">Its path. <c>FILE#NAME</c> names an internal snapshot of a qcow2 image, unless there is a file of the whole name.</param>
    /// <param name="options">How to open it.</param>
    /// <exception cref="WireException">The file is damaged.</exception>
    /// <exception cref="UnsupportedFormException">It is of no form that can be opened here, or a snapshot has to be chosen.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static SavedStateFile Open(string path, OpeningOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= OpeningOptions.Default;
        int mark = path.LastIndexOf('#');
        if (mark > 0 && !File.Exists(path))
        {
            options = options with { Snapshot = options.Snapshot ?? path[(mark + 1)..] };
            path = path[..mark];
        }
        // A pipe without a writer is not waited for by who would not take it.
        return Open(Descriptor.Open(path, FileAccess.Read, options.IsBare ? OpenOptions.NonBlocking : OpenOptions.None), path, options);
    }

    /// <summary>Opens the standard input or another pipe. A regular file is read at any place, from its beginning.</summary>
    /// <param name="input">What to read; owned from now on.</param>
    /// <param name="options">How to open it.</param>
    /// <inheritdoc cref="Open(string, OpeningOptions?)" path="/exception"/>
    public static SavedStateFile Open(Stream input, OpeningOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        options ??= OpeningOptions.Default;
        if (input is FileStream { CanSeek: true } file)
        {
            using (file)
                return Open(Descriptor.Duplicate(file.SafeFileHandle), file.Name, options);
        }
        var counted = new CountedStream(input, new ReadCounter(options.Progress));
        return Peel("standard input", new LayerStream(counted, "file"), null, options);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _peeled.Content.Dispose();
        _peeled.Storage?.Dispose();
        _peeled.Qcow2Storage?.Dispose();
    }

    private static SavedStateFile Open(SafeFileHandle handle, string name, OpeningOptions options)
    {
        try
        {
            var counter = new ReadCounter(options.Progress);
            switch (FileKinds.KindOf(handle, name))
            {
                case FileKind.Regular:
                    var storage = new StateStorage(handle, counter);
                    return Peel(name, new LayerStream(new StorageStream(storage, 0), "file"), storage, options);
                case FileKind.Directory:
                    throw new UnsupportedFormException("it is a folder, not a file", "a snapshot is named by its name, not by its folder");
                default:
                    var counted = new CountedStream(new FileStream(handle, FileAccess.Read, bufferSize: 0), counter);
                    return Peel(name, new LayerStream(counted, "file"), null, options);
            }
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static SavedStateFile Peel(string name, LayerStream file, StateStorage? storage, OpeningOptions options)
    {
        var peeler = new LayerPeeler(file, storage, options);
        try
        {
            if (options.IsBare && storage is null)
                throw new UnsupportedFormException("it is no regular file", "copy what it gives into one before");
            peeler.Peel();
            return new SavedStateFile(name, peeler);
        }
        catch
        {
            peeler.Content.Dispose();
            peeler.Storage?.Dispose();
            peeler.Qcow2Storage?.Dispose();
            throw;
        }
    }
}
