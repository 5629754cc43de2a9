using System.Diagnostics;
using Savevm.Recorded;
using Savevm.States.Writing;
using Savevm.Wire.Containers.Libvirt;

namespace Savevm.Inspections;

/// <summary>Writes a saved state in another form.</summary>
internal static class StateExport
{
    internal static ExportReport Run(ExportRequest request, Action<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        using StateSubject subject = StateOperations.Open(request.Subject, request.RepositoryPath, "export", progress, cancellationToken);
        using var state = TemporarySnapshot.Of(subject, cancellationToken);
        var machine = new SavedMachine(state.Snapshot.Ram, state.Snapshot.Devices.Save());
        var meter = new ReadMeter("export", machine.RamBytes, progress);
        using ExportFile target = ExportFile.Create(request.Path, request.Replace);
        IReadOnlyList<string> leftOut;
        try
        {
            leftOut = Write(request, subject, state, machine, target, new WritingWatch(meter, cancellationToken));
        }
        catch (PhysicalLayoutException layout)
        {
            throw new SavevmException(ExitCode.Incompatible, $"export of {request.Subject}", layout.Message, $"{layout.Hint}: --format raw --block NAME", layout);
        }
        target.Commit();
        long? bytes = target.File is null ? null : new FileInfo(request.Path).Length;
        return new ExportReport(request.Path, machine.RamBytes, bytes, watch.Elapsed) { LeftOut = leftOut };
    }

    /// <summary>Writes it; the RAM blocks that are not in it, since it is not known where they lie.</summary>
    private static IReadOnlyList<string> Write(
        ExportRequest request, StateSubject subject, TemporarySnapshot state, SavedMachine machine, ExportFile target, WritingWatch watch)
    {
        switch (request.Format)
        {
            case ExportFormat.Qevm:
                QevmWriter.Write(machine, target.Stream, watch);
                break;
            case ExportFormat.MappedRam:
                MappedRamWriter.Write(machine, target, new MappedRamOptions(), watch);
                break;
            case ExportFormat.Libvirt:
                LibvirtWriter.Write(machine, DomainXmlOf(request, subject, state, machine), subject.File?.Libvirt?.Cookie ?? "", WasRunning(subject, state), LibvirtFormat.Raw, target, watch);
                break;
            default:
                return WriteMemory(request, state, machine, target, watch);
        }
        return [];
    }

    private static IReadOnlyList<string> WriteMemory(
        ExportRequest request, TemporarySnapshot state, SavedMachine machine, ExportFile target, WritingWatch watch)
    {
        PhysicalLayout layout = LayoutOf(request, state, machine);
        switch (request.Format)
        {
            case ExportFormat.Raw:
                RawWriter.Write(machine.Ram, layout, target.Stream, watch);
                break;
            case ExportFormat.Elf:
                ElfWriter.Write(machine.Ram, layout, ProcessorRegisters.Of(StateContents.Read(state.Snapshot)), target.Stream, watch);
                break;
            default:
                LimeWriter.Write(machine.Ram, layout, target.Stream, watch);
                break;
        }
        return layout.LeftOut;
    }

    private static PhysicalLayout LayoutOf(ExportRequest request, TemporarySnapshot state, SavedMachine machine) => request.Block is { } block
        ? PhysicalLayout.OfBlock(block, machine.Ram.Blocks)
        : PhysicalLayout.Of(
            machine.Devices.MachineName,
            machine.Ram.Blocks,
            RecordedMemory.Of(
                RecordedMachine.Parse(state.Snapshot.Manifest.Machine), RecordedSource.Parse(state.Snapshot.Manifest.Source), machine.Ram.Blocks)
                .With(machine));

    private static bool WasRunning(StateSubject subject, TemporarySnapshot state) =>
        subject.File?.Libvirt?.Header.WasRunning ?? state.Snapshot.Manifest.RunState == "running";

    /// <summary>The domain as the user has it, as it was, or one with nothing but memory and processors.</summary>
    private static string DomainXmlOf(ExportRequest request, StateSubject subject, TemporarySnapshot state, SavedMachine machine)
    {
        if (request.DomainXmlPath is { } path)
            return File.ReadAllText(path);
        if (subject.File?.Libvirt is { } image)
            return image.Xml;
        var recorded = RecordedMachine.Parse(state.Snapshot.Manifest.Machine);
        return DomainXml.Minimal(
            recorded.Name ?? state.Snapshot.Name,
            Guid.TryParse(recorded.Uuid, out Guid uuid) ? uuid : Guid.NewGuid(),
            machine.Devices.MachineName ?? "pc",
            recorded.MemoryBytes ?? machine.Ram.Blocks.Max(block => block.UsedLength),
            (int)Math.Max(1, machine.Devices.Sections.Count(section => section.IdStr == "cpu")),
            recorded.Accelerator == "kvm");
    }
}
