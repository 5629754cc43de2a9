using System.Buffers.Binary;
using System.IO.Pipes;
using Savevm.Linux;
using Savevm.States.Writing;

namespace Savevm.States.Tests.Writing;

/// <summary>Physical memory in its three forms, and the file that has no name before it is whole.</summary>
public sealed class MemoryWriterTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly SampleMachine _machine = SampleMachine.Small;


    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Raw_memory_lies_where_the_guest_has_it()
    {
        PhysicalLayout split = PhysicalLayout.Of("pc-i440fx-10.0", _machine.Blocks, new LayoutFacts { MaxRamBelow4G = 500 * 4096 });
        string path = Write("raw", file => RawWriter.Write(_machine, split, file.Stream, new WritingWatch()));
        byte[] ram = _machine.BytesOf(0);
        Assert.Equal((1L << 32) + (200 * 4096), new FileInfo(path).Length);
        Same.Bytes(ram.AsSpan(0, 500 * 4096), ReadAt(path, 0, 500 * 4096));
        Same.Bytes(ram.AsSpan(500 * 4096), ReadAt(path, 1L << 32, 200 * 4096));
        Assert.Equal(new byte[4096], ReadAt(path, 500 * 4096, 4096));
        Assert.InRange(Blocks(path), 1, 3 << 20);
        path = Write("block", file => RawWriter.Write(_machine, PhysicalLayout.OfBlock("vga.vram", _machine.Blocks), file.Stream, new WritingWatch()));
        Same.Bytes(_machine.BytesOf(2), File.ReadAllBytes(path));
    }

    [Fact]
    public void Lime_has_a_header_before_each_range()
    {
        PhysicalLayout split = PhysicalLayout.Of("pc-i440fx-10.0", _machine.Blocks, new LayoutFacts { MaxRamBelow4G = 500 * 4096 });
        byte[] file = File.ReadAllBytes(Write("lime", target => LimeWriter.Write(_machine, split, target.Stream, new WritingWatch())));
        byte[] ram = _machine.BytesOf(0);
        byte[] expected =
        [
            0x45, 0x4d, 0x69, 0x4c, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0x3f, 0x1f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            .. ram[..(500 * 4096)],
            0x45, 0x4d, 0x69, 0x4c, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0xff, 0x7f, 0x0c, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            .. ram[(500 * 4096)..],
        ];
        Same.Bytes(expected, file);
    }

    [Fact]
    public void An_elf_core_has_notes_memory_and_firmware()
    {
        var cpu = new CpuRegisters
        {
            General = [.. Enumerable.Range(0, 16).Select(number => 0x1000UL + (ulong)number)],
            Rip = 0xffffffff81000000,
            Rflags = 0x246,
            Cs = new(0x10, uint.MaxValue, 0xaf9b00, 0),
            Gs = new(0, 0, 0, 0xffff888000000000),
            Control = [0x80050033, 0, 0x7f00, 0x1234000, 0x6f0],
            KernelGsBase = 5,
        };
        PhysicalLayout layout = PhysicalLayout.Of("pc-q35-10.0", _machine.Blocks);
        byte[] file = File.ReadAllBytes(Write("elf", target => ElfWriter.Write(_machine, layout, [cpu, cpu], target.Stream, new WritingWatch())));
        Assert.Equal([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0], file[..8]);
        (ushort type, ushort machine, ushort count) = (U16(file, 16), U16(file, 18), U16(file, 56));
        Assert.Equal((4, 62, 3), (type, machine, count));
        Assert.Equal((4u, 1u, 1u), (U32(file, 64), U32(file, 120), U32(file, 176)));
        int notes = (int)U64(file, 72), ram = (int)U64(file, 128), firmware = (int)U64(file, 184);
        Assert.Equal((64 + (3 * 56), 2 * (336 + 440 + 40)), (notes, (int)U64(file, 96)));
        Assert.Equal((0UL, 700UL * 4096), (U64(file, 144), U64(file, 152)));
        Assert.Equal(((1UL << 32) - (4 * 4096), 4UL * 4096), (U64(file, 200), U64(file, 208)));
        Same.Bytes(_machine.BytesOf(0), file.AsSpan(ram, 700 * 4096));
        Same.Bytes(_machine.BytesOf(1), file.AsSpan(firmware));

        // user_regs_struct: rip is word 16, gs_base word 22; the second processor's note follows the first's.
        int status = notes + 356;
        Assert.Equal((5u, 336u, 1u), (U32(file, status), U32(file, status + 4), U32(file, status + 8)));
        Assert.Equal(2u, U32(file, status + 20 + 32));
        Assert.Equal((cpu.Rip, 0x100fUL, cpu.Gs.Base), (U64(file, status + 20 + 112 + 128), U64(file, status + 20 + 112), U64(file, status + 20 + 112 + (22 * 8))));

        // QEMU's own: rbx second, cr3 the fourth of the five before the last word.
        int state = notes + (2 * 356);
        Assert.Equal((5u, 440u, 0u), (U32(file, state), U32(file, state + 4), U32(file, state + 8)));
        Assert.Equal((0x1003UL, 0x1234000UL, 5UL), (U64(file, state + 20 + 16), U64(file, state + 20 + 440 - 24), U64(file, state + 20 + 440 - 8)));
    }

    [Fact]
    public void What_is_cancelled_or_fails_leaves_nothing()
    {
        using var stop = new CancellationTokenSource();
        var watch = new WritingWatch(new Direct(_ => stop.Cancel()), stop.Token);
        var large = new SampleMachine((_, _) => false, ("pc.ram", 4000));
        foreach (Action<ExportFile> write in new Action<ExportFile>[]
        {
            file => QevmWriter.Write(large.Saved, file.Stream, watch),
            file => MappedRamWriter.Write(large.Saved, file, new MappedRamOptions { Threads = 3 }, watch),
        })
        {
            Assert.Throws<OperationCanceledException>(() => Write("never", write));
            Assert.Empty(Directory.GetFiles(_folder.Root));
        }
    }

    [Fact]
    public void A_name_is_taken_only_when_that_is_wanted()
    {
        string path = _folder.Write("taken", [1]);
        Assert.ThrowsAny<IOException>(() => ExportFile.Create(path));
        Assert.ThrowsAny<IOException>(() => ExportFile.Create(_folder.Root));
        using (ExportFile file = ExportFile.Create(path, replace: true))
        {
            file.Stream.Write([2, 3]);
            Assert.Equal([1], File.ReadAllBytes(path));
            file.Commit();
        }
        Assert.Equal([2, 3], File.ReadAllBytes(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        using (ExportFile raced = ExportFile.Create(_folder.PathOf("raced")))
        {
            _folder.Write("raced", [9]);
            Assert.Throws<LinuxException>(() => raced.Commit());
        }
        Assert.Equal([9], File.ReadAllBytes(_folder.PathOf("raced")));
        Assert.Equal(2, Directory.GetFiles(_folder.Root).Length);
    }

    [Fact]
    public async Task A_pipe_gets_every_byte()
    {
        using var server = new AnonymousPipeServerStream(PipeDirection.In);
        string end = $"/proc/self/fd/{server.ClientSafePipeHandle.DangerousGetHandle()}";
        Task<byte[]> reading = Task.Run(() =>
        {
            using var bytes = new MemoryStream();
            server.CopyTo(bytes);
            return bytes.ToArray();
        });
        using (ExportFile pipe = ExportFile.Create(end))
        {
            server.DisposeLocalCopyOfClientHandle();
            Assert.Null(pipe.File);
            RawWriter.Write(_machine, PhysicalLayout.OfBlock("pc.ram", _machine.Blocks), pipe.Stream, new WritingWatch());
            pipe.Commit();
            Assert.Throws<ArgumentException>(() => MappedRamWriter.Write(_machine.Saved, pipe, new MappedRamOptions(), new WritingWatch()));
        }
        byte[] received = await reading;
        Same.Bytes(_machine.BytesOf(0), received);
    }

    private string Write(string name, Action<ExportFile> write)
    {
        using ExportFile file = ExportFile.Create(_folder.PathOf(name));
        write(file);
        file.Commit(sync: false);
        return file.Path;
    }

    private static byte[] ReadAt(string path, long position, int count)
    {
        using FileStream file = File.OpenRead(path);
        file.Position = position;
        byte[] bytes = new byte[count];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static long Blocks(string path)
    {
        using var folder = Savevm.Linux.Files.LinuxDirectory.Open(Path.GetDirectoryName(path)!);
        return folder.StatusOf(Path.GetFileName(path))!.Value.AllocatedBytes;
    }

    private static ushort U16(byte[] file, int at) => BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at));

    private static uint U32(byte[] file, int at) => BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at));

    private static ulong U64(byte[] file, int at) => BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));

    private sealed class Direct(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
