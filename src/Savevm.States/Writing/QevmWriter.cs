using System.Text;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;
using Savevm.Wire;
using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;
using Savevm.Wire.Ram;

namespace Savevm.States.Writing;

/// <summary>
/// Writes a plain migration stream, which a stock QEMU of the same machine type or a newer one loads by <c>-incoming "exec:cat FILE"</c> or
/// <c>file:FILE</c>. Devices are in it as they came. For one thread at a time.
/// </summary>
public sealed class QevmWriter
{
    /// <summary>Pages of one section. QEMU takes any number; readers that show a stream by its sections want some.</summary>
    private const int PagesPerSection = 1 << 14;

    private const int BufferBytes = 1 << 20;

    private readonly SavedMachine _machine;
    private readonly ExportStream _target;
    private readonly WritingWatch _watch;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
    private int _filled;
    private int _pagesOfSection;

    private QevmWriter(SavedMachine machine, ExportStream target, WritingWatch watch)
    {
        _machine = machine;
        _target = target;
        _watch = watch;
    }

    /// <summary>Writes the stream.</summary>
    /// <exception cref="Machine.DamagedStateException">The RAM is not what was saved.</exception>
    /// <exception cref="IOException">The target refused.</exception>
    /// <exception cref="OperationCanceledException">Nobody wants it any more.</exception>
    public static void Write(SavedMachine machine, ExportStream target, WritingWatch watch)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(watch);
        new QevmWriter(machine, target, watch).Write();
    }

    private void Write()
    {
        DeviceState devices = _machine.Devices;
        var writer = new WireWriter();
        StreamParts.WriteBeforeRam(writer, devices, hasMappedRam: false);
        RamRecordWriter.WriteSetup(
            writer,
            _machine.Ram.Blocks.Select(block => new RamSetupBlock(block.IdStr, (ulong)block.UsedLength, RamBlock.PageSize)),
            StreamDialect.Default);
        RamRecordWriter.WriteEndOfSection(writer);
        ForwardWriter.WriteFooter(writer, devices.RamSectionId);
        _target.Write(writer.WrittenSpan);
        using (IPageReader reader = _machine.Ram.OpenReader())
        {
            foreach (RamBlock block in _machine.Ram.Blocks)
                WriteBlock(reader, block);
        }
        EndSection();
        FlushBuffer();
        writer.Clear();
        ForwardWriter.WriteSectionPart(writer, SectionType.End, devices.RamSectionId);
        RamRecordWriter.WriteEndOfSection(writer);
        ForwardWriter.WriteFooter(writer, devices.RamSectionId);
        StreamParts.WriteBehindRam(writer, devices);
        _target.Write(writer.WrittenSpan);
        _target.Flush();
    }

    private void WriteBlock(IPageReader reader, RamBlock block)
    {
        byte[] name = Encoding.ASCII.GetBytes(block.IdStr);
        bool isNamed = false;
        for (long page = 0; page < block.PageCount;)
        {
            if (_pagesOfSection == 0)
            {
                BeginSection();

                // Each section names its block once, so that one can be read by itself.
                isNamed = false;
            }
            int wanted = (int)Math.Min(Math.Min(PageCopy.PagesPerRead, PagesPerSection - _pagesOfSection), block.PageCount - page);
            PageRun run = reader.Read(block.Index, page, wanted);
            for (int i = 0; i < run.PageCount; i++)
            {
                ulong address = (ulong)(page + i) * RamBlock.PageSize;
                ReadOnlySpan<byte> head = isNamed ? default : name;
                Span<byte> room = Room(RamRecordWriter.MaxPageHeaderBytes + RamBlock.PageSize);
                if (run.IsZero)
                {
                    _filled += RamRecordWriter.WriteZeroPage(room, address, head);
                }
                else
                {
                    int written = RamRecordWriter.WritePageHeader(room, address, head);
                    run.Bytes.Slice(i * RamBlock.PageSize, RamBlock.PageSize).CopyTo(room[written..]);
                    _filled += written + RamBlock.PageSize;
                }
                isNamed = true;
            }
            page += run.PageCount;
            _pagesOfSection += run.PageCount;
            _watch.Add((long)run.PageCount * RamBlock.PageSize);
            if (_pagesOfSection >= PagesPerSection)
                EndSection();
        }
    }

    private void BeginSection()
    {
        var writer = new WireWriter();
        ForwardWriter.WriteSectionPart(writer, SectionType.Part, _machine.Devices.RamSectionId);
        Append(writer);
    }

    private void EndSection()
    {
        if (_pagesOfSection == 0)
            return;
        var writer = new WireWriter();
        RamRecordWriter.WriteEndOfSection(writer);
        ForwardWriter.WriteFooter(writer, _machine.Devices.RamSectionId);
        Append(writer);
        _pagesOfSection = 0;
    }

    private void Append(WireWriter writer)
    {
        writer.WrittenSpan.CopyTo(Room(writer.Length));
        _filled += writer.Length;
    }

    private Span<byte> Room(int bytes)
    {
        if (_buffer.Length - _filled < bytes)
            FlushBuffer();
        return _buffer.AsSpan(_filled);
    }

    private void FlushBuffer()
    {
        _target.Write(_buffer.AsSpan(0, _filled));
        _filled = 0;
    }
}
