using System.Buffers.Binary;
using System.Security.Cryptography;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>The Linux guest as an oracle: it sees a byte that changed under it and a block of another instant, and says so.</summary>
public sealed class LinuxGuestTests
{
    private const int Page = 4096;

    [Fact]
    public async Task TheCommittedImageIsOfTheCommittedSources()
    {
        Assert.SkipUnless(File.Exists(RepositoryRoot.Combine("guest", "build")), "the sources are not here");
        Dictionary<string, string> origin = File.ReadAllLines(RepositoryRoot.Combine("guest", "linuxticker.origin"))
            .ToDictionary(line => line[..line.IndexOf(' ')], line => line[(line.IndexOf(' ') + 1)..]);
        using var sources = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in Directory.EnumerateFiles(RepositoryRoot.Combine("guest", "linuxticker")).Order(StringComparer.Ordinal))
        {
            sources.AppendData(File.ReadAllBytes(file));
        }

        byte[] image = File.ReadAllBytes(InitialRamDisk.Program);
        Assert.True(
            origin["sources"] == Convert.ToHexStringLower(sources.GetHashAndReset()), "the sources changed: run guest/build and commit what it makes");
        Assert.Equal(origin["image"], Convert.ToHexStringLower(SHA256.HashData(image)));

        // Another compiler gives other bytes.
        await using var workspace = new Workspace();
        Assert.SkipUnless(File.Exists("/usr/bin/gcc"), "gcc is not installed");
        LabProcess version = workspace.Owns(LabProcess.Start("/usr/bin/gcc", ["--version"]));
        await version.ExitAsync();
        Assert.SkipUnless(version.Output.StartsWith(origin["compiler"] + '\n', StringComparison.Ordinal), $"built by {origin["compiler"]}");
        string built = workspace.NewFolder("gcc");
        LabProcess build = workspace.Owns(LabProcess.Start(RepositoryRoot.Combine("guest", "build"), [built]));
        Assert.True(await build.ExitAsync() == 0, build.Errors);
        Assert.Equal(File.ReadAllBytes(Path.Combine(built, "linuxticker.bin")), image);
    }

    [Fact]
    public async Task SeesAByteThatChangedUnderItAndABlockOfAnotherInstant()
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Newest;
        string memory = Path.Combine(workspace.NewFolder("m"), "ram");
        GuestDisk disk = GuestDisk.Raw(Path.Combine(workspace.NewFolder("d"), "rw"));
        LinuxSpecification specification = LinuxSpecification.For(workspace, qemu.Machine("pc") + ",memory-backend=pc.ram") with
        {
            Rate = 0,
            Processors = 2,
            Disks = [disk],
            Extra = ["-object", $"memory-backend-file,id=pc.ram,size=192M,mem-path={memory},share=on"],
        };
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(specification.TicksPerPass + 3, seconds: 240);
        guest.Log.AssertSound();
        Assert.Equal("ok pages=4096", await guest.AskAsync('v', "VERIFY"));

        await using (FileStream stream = new(memory, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            stream.Position = Find(stream, FirstWord(700)) + Page - 1;
            int last = stream.ReadByte();
            stream.Position--;
            stream.WriteByte((byte)(last ^ 1));
        }

        Assert.Equal("bad pages=4096", await guest.AskAsync('v', "VERIFY"));
        Assert.Contains("CORRUPT page=700 word=511 ", guest.Log.Text, StringComparison.Ordinal);
        Assert.ThrowsAny<Exception>(guest.Log.AssertSound);

        // A block as it was some ticks ago, when the guest has written all blocks anew since.
        byte[] before = new byte[Page];
        await using FileStream image = new(disk.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        const int Slot = 5;
        image.Position = Slot * (1 << 20) / 64;
        image.ReadExactly(before);
        await guest.MoreTicksAsync(40);
        Assert.Equal("off", await guest.AskAsync('w', "STORING"));
        image.Position = Slot * (1 << 20) / 64;
        image.Write(before);
        await image.FlushAsync(TestContext.Current.CancellationToken);
        await guest.AskAsync('v', "VERIFY");
        ulong old = BinaryPrimitives.ReadUInt64LittleEndian(before);
        Assert.Contains($"DISK vda slot={Slot} sequence is={old} want=", guest.Log.Text, StringComparison.Ordinal);
    }

    // As guest/linuxticker/region.h makes it, in the first generation.
    private static ulong FirstWord(ulong page) =>
        unchecked((((page * 0x9e3779b97f4a7c15) + 1) * 6364136223846793005) + 1442695040888963407);

    private static long Find(FileStream stream, ulong word)
    {
        byte[] page = new byte[Page];
        for (stream.Position = 0; stream.Read(page) == Page;)
        {
            if (BinaryPrimitives.ReadUInt64LittleEndian(page) == word)
            {
                return stream.Position - Page;
            }
        }

        throw new InvalidOperationException("the guest's page is not in its memory");
    }
}
