using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Savevm.Interop.Lab;
using Savevm.States.Writing;

namespace Savevm.Interop.Forms;

/// <summary>What a stopped QEMU itself writes of its guest's memory is, byte for byte, what is written from its snapshot.</summary>
public sealed class ExportedMemoryTests
{
    private const int RamMiB = 64;
    private const long MiB = 1 << 20, FourGiB = 1L << 32;

    /// <summary>QEMU, family of the machine, MiB of RAM below 4 GiB or 0 for all.</summary>
    public static TheoryData<string, string, int> Machines
    {
        get
        {
            var rows = new TheoryData<string, string, int>();
            foreach (QemuInstallation qemu in QemuLab.All)
            {
                rows.Add(qemu.Name, "pc", 0);
                rows.Add(qemu.Name, "q35", 48);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public async Task RawAndElfAreWhatQemuWrites(string name, string family, int below)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        string machine = qemu.Machine(family);
        GuestSpecification specification = GuestSpecification.For(below == 0 ? machine : $"{machine},max-ram-below-4g={below}M", "tcg");
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(4);
        using CapturedSnapshot captured = await CapturedSnapshot.OfAsync(workspace, guest);
        string folder = workspace.NewFolder("q");
        string dump = Path.Combine(folder, "dump");
        await guest.Monitor.ExecuteAsync("dump-guest-memory", new JsonObject { ["paging"] = false, ["protocol"] = $"file:{dump}" });

        PhysicalLayout layout = PhysicalLayout.Of(machine, captured.Machine.Ram.Blocks, new LayoutFacts { MaxRamBelow4G = below * MiB });
        Assert.Equal(below == 0 ? 1 : 2, layout.Ranges.Count);
        string raw = captured.Write("raw", file => RawWriter.Write(captured.Machine.Ram, layout, file.Stream, new WritingWatch()));
        Assert.Equal(below == 0 ? RamMiB * MiB : FourGiB + ((RamMiB - below) * MiB), new FileInfo(raw).Length);
        foreach ((long address, long bytes) in below == 0 ? [(0, RamMiB * MiB)] : new[] { (0, below * MiB), (FourGiB, (RamMiB - below) * MiB) })
        {
            string saved = Path.Combine(folder, $"at{address}");
            await guest.Monitor.ExecuteAsync(
                "pmemsave", new JsonObject { ["val"] = address, ["size"] = bytes, ["filename"] = saved });
            MemoryFile.AssertSame(MemoryFile.ReadAt(saved, 0, (int)bytes), MemoryFile.ReadAt(raw, address, (int)bytes), address);
        }

        ElfCore theirs = ElfCore.Open(dump);
        CpuRegisters[] registers = [.. theirs.NotesOf("QEMU").Select(Parse)];
        Assert.Single(registers);
        ElfCore ours = ElfCore.Open(captured.Write(
            "elf", file => ElfWriter.Write(captured.Machine.Ram, layout, registers, file.Stream, new WritingWatch())));
        Assert.Equal(theirs.NotesOf("QEMU"), ours.NotesOf("QEMU"));
        Assert.Equal(theirs.StatusRegisters, ours.StatusRegisters);
        Assert.Equal(theirs.Ranges.Select(range => (range.Address, range.Bytes)), ours.Ranges.Select(range => (range.Address, range.Bytes)));
        foreach ((var expected, var actual) in theirs.Ranges.Zip(ours.Ranges))
        {
            MemoryFile.AssertSame(theirs.Read(expected.Offset, (int)expected.Bytes), ours.Read(actual.Offset, (int)actual.Bytes), expected.Address);
        }
    }

    /// <summary>The registers of QEMU's own note, read field by field.</summary>
    private static CpuRegisters Parse(byte[] note)
    {
        ulong Word(int at) => BinaryPrimitives.ReadUInt64LittleEndian(note.AsSpan(at));
        ulong General(int index) => Word(8 + (index * 8));
        CpuSegment Segment(int index)
        {
            ReadOnlySpan<byte> at = note.AsSpan(152 + (index * 24));
            return new(
                BinaryPrimitives.ReadUInt32LittleEndian(at),
                BinaryPrimitives.ReadUInt32LittleEndian(at[4..]),
                BinaryPrimitives.ReadUInt32LittleEndian(at[8..]),
                BinaryPrimitives.ReadUInt64LittleEndian(at[16..]));
        }

        return new CpuRegisters
        {
            // The note has rax, rbx, rcx, rdx, rsi, rdi, rsp, rbp.
            General =
            [
                General(0), General(2), General(3), General(1), General(6), General(7), General(4), General(5),
                .. Enumerable.Range(8, 8).Select(General),
            ],
            Rip = General(16),
            Rflags = General(17),
            Cs = Segment(0),
            Ds = Segment(1),
            Es = Segment(2),
            Fs = Segment(3),
            Gs = Segment(4),
            Ss = Segment(5),
            Ldt = Segment(6),
            Tr = Segment(7),
            Gdt = Segment(8),
            Idt = Segment(9),
            Control = [.. Enumerable.Range(0, 5).Select(index => Word(392 + (index * 8)))],
            KernelGsBase = Word(432),
        };
    }
}
