using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Forms;

/// <summary>Memory that was plugged in is exported where the guest has it; where nothing says where that is, it is left out and named.</summary>
public sealed class ExportedModulesTests
{
    private const int RamMiB = 64, ModuleMiB = 16;
    private const long MiB = 1 << 20, FourGiB = 1L << 32, OneTiB = 1L << 40;

    /// <summary>QEMU, family of the machine, MiB of RAM below 4 GiB or 0 for all, whether memory above 4 GiB begins at 1 TiB.</summary>
    public static TheoryData<string, string, int, bool> Machines => new()
    {
        { QemuLab.Oldest.Name, "pc", 0, false },
        { QemuLab.Newest.Name, "q35", 48, false },
        { QemuLab.Newest.Name, "q35", 48, true },
    };

    [Theory]
    [MemberData(nameof(Machines))]
    public async Task ModulesLieWhereTheGuestHasThem(string name, string family, int below, bool isMoved)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        string machine = qemu.Machine(family);

        // QEMU gives the addresses out in the order of the devices, which is not that of the backends, and one module has no id. What lies from 4 GiB on,
        // the guest fills: modules, or the upper part of its RAM.
        GuestSpecification specification = GuestSpecification.For(below == 0 ? machine : $"{machine},max-ram-below-4g={below}M", "tcg") with
        {
            High = isMoved ? 0 : below == 0 ? 2 * ModuleMiB : RamMiB - below,
            Extra =
            [
                // The default processor is one of AMD, whose addresses below 1 TiB are kept free where memory may come to lie there.
                .. isMoved ? ["-cpu", "qemu64,phys-bits=42", "-m", "slots=4,maxmem=1020G"] : new[] { "-m", "slots=4,maxmem=4G" },
                "-object", $"memory-backend-ram,id=m1,size={ModuleMiB}M", "-object", $"memory-backend-ram,id=m2,size={ModuleMiB}M",
                "-device", "pc-dimm,memdev=m2", "-device", "pc-dimm,id=d1,memdev=m1",
            ],
        };
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(4);
        await guest.StopAsync();
        await SavevmCommand.CaptureAsync(workspace, guest, "web", "--after", "stop", "--mode", "stop");
        string folder = workspace.NewFolder("q");
        string dump = Path.Combine(folder, "dump");
        await guest.Monitor.ExecuteAsync("dump-guest-memory", new JsonObject { ["paging"] = false, ["protocol"] = $"file:{dump}" });
        JsonArray modules = (await guest.Monitor.ExecuteAsync("query-memory-devices"))!.AsArray();
        long[] places = [.. modules.Select(module => (long)module!["data"]!["addr"]!)];
        Assert.Equal(2, places.Distinct().Count());
        (long Address, long Bytes)[] ram = below == 0 ? [(0, RamMiB * MiB)] : [(0, below * MiB), (isMoved ? OneTiB : FourGiB, (RamMiB - below) * MiB)];

        string raw = await ExportAsync(workspace, folder, "web", "raw", []);
        foreach ((long address, long bytes) in ram.Concat(places.Select(place => (place, ModuleMiB * MiB))))
        {
            await AssertAsync(guest, folder, raw, address, bytes);
        }

        if (below == 0)
        {
            // Both are filled, each with its own, so that one in the other's place would be seen.
            byte[][] contents = [.. places.Select(place => MemoryFile.ReadAt(raw, place, (int)(ModuleMiB * MiB)))];
            Assert.All(contents, content => Assert.True(content.AsSpan().ContainsAnyExcept((byte)0)));
            Assert.False(contents[0].AsSpan().SequenceEqual(contents[1]));
        }

        ElfCore theirs = ElfCore.Open(dump);
        ElfCore ours = ElfCore.Open(await ExportAsync(workspace, folder, "web", "elf", []));
        Assert.Equal(theirs.NotesOf("QEMU"), ours.NotesOf("QEMU"));
        Assert.Equal(theirs.StatusRegisters, ours.StatusRegisters);
        Assert.Equal(theirs.Ranges.Select(range => (range.Address, range.Bytes)), ours.Ranges.Select(range => (range.Address, range.Bytes)));
        foreach ((var expected, var actual) in theirs.Ranges.Zip(ours.Ranges))
        {
            MemoryFile.AssertSame(theirs.Read(expected.Offset, (int)expected.Bytes), ours.Read(actual.Offset, (int)actual.Bytes), expected.Address);
        }

        // The stream alone says how the RAM is cut, but nothing of modules.
        string stream = await ExportAsync(workspace, folder, "web", "qevm", []);
        string bare = await ExportAsync(workspace, folder, stream, "raw", ["m1", "m2"]);
        (long last, long length) = ram[^1];
        Assert.Equal(last + length, new FileInfo(bare).Length);
        foreach ((long address, long bytes) in ram)
        {
            await AssertAsync(guest, folder, bare, address, bytes);
        }
    }

    private static async Task<string> ExportAsync(Workspace workspace, string folder, string subject, string format, string[] leftOut)
    {
        string path = Path.Combine(folder, $"{Path.GetFileName(subject)}.{format}");
        SavevmResult result = (await SavevmCommand.RunAsync(workspace, "export", subject, path, "--format", format, "--json")).Expect(0);
        Assert.Equal(leftOut, result.Json["left_out"]!.AsArray().Select(block => (string)block!));
        Assert.All(leftOut, block => Assert.Contains($"the RAM block {block} was left out", result.Errors, StringComparison.Ordinal));
        return path;
    }

    private static async Task AssertAsync(LabGuest guest, string folder, string raw, long address, long bytes)
    {
        string saved = Path.Combine(folder, $"at{address}");
        await guest.Monitor.ExecuteAsync("pmemsave", new JsonObject { ["val"] = address, ["size"] = bytes, ["filename"] = saved });
        MemoryFile.AssertSame(MemoryFile.ReadAt(saved, 0, (int)bytes), MemoryFile.ReadAt(raw, address, (int)bytes), address);
    }
}
