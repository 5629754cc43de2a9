using Savevm.Interop.Lab;
using Savevm.States.Opening;
using Savevm.States.Writing;
using Savevm.Wire.Containers.Libvirt;

namespace Savevm.Interop.Forms;

/// <summary>Streams and mapped-ram files that were written from a snapshot load in stock QEMUs, and the guest goes on.</summary>
public sealed class ExportedStreamTests
{
    /// <summary>Source, destination, family of the machine.</summary>
    public static TheoryData<string, string, string> Pairs
    {
        get
        {
            var rows = new TheoryData<string, string, string>
            {
                { QemuLab.Oldest.Name, QemuLab.Oldest.Name, "q35" },
            };
            if (QemuLab.Oldest != QemuLab.Newest)
            {
                rows.Add(QemuLab.Oldest.Name, QemuLab.Newest.Name, "pc");
                rows.Add(QemuLab.Newest.Name, QemuLab.Newest.Name, "q35");
                rows.Add(QemuLab.Newest.Name, QemuLab.Oldest.Name, "pc");
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task AStreamLoadsAndTheGuestGoesOn(string source, string destination, string family)
    {
        await using var workspace = new Workspace();
        QemuInstallation from = QemuLab.Named(source);
        QemuInstallation to = QemuLab.Named(destination);
        GuestSpecification specification = GuestSpecification.For(from.SharedMachine(family, to), "tcg");
        LabGuest guest = await LabGuest.StartAsync(workspace, from, specification);
        await guest.UntilTickAsync(4);
        using CapturedSnapshot captured = await CapturedSnapshot.OfAsync(workspace, guest);
        await guest.ReadAsync();

        string image = captured.Write("image", file => LibvirtWriter.Write(
            captured.Machine, "<domain/>", string.Empty, true, LibvirtFormat.Zstd, file, new WritingWatch()));
        string stream = captured.Write("stream", file => QevmWriter.Write(captured.Machine, file.Stream, new WritingWatch()));
        using (SavedStateFile opened = SavedStateFile.Open(image))
        using (FileStream plain = File.OpenRead(stream))
        {
            Assert.Equal(["libvirt save image", "zstd", "QEVM stream"], opened.Layers.Select(layer => layer.Name));
            AssertSame(plain, opened.Content);
        }

        // QEMU does not miss a section that is not there, and the guest may not either.
        (await SavevmCommand.RunAsync(workspace, "diff", "web", stream)).Expect(0);
        LabGuest back = await CapturedSnapshot.LoadAsync(workspace, to, specification, $"exec:cat {stream}");
        await back.MoreTicksAsync(specification.TicksPerPass + 3);
        back.Log.AssertContinues(guest.Log);
    }

    [Theory]
    [InlineData("pc", false, false)]
    [InlineData("q35", true, false)]
    [InlineData("pc", true, true)]
    public async Task AMappedRamFileLoadsAndTheGuestGoesOn(string family, bool multifd, bool direct)
    {
        QemuInstallation qemu = QemuLab.Newest;
        Assert.SkipWhen(qemu.Version.Major < 9, "no QEMU here knows mapped-ram");
        await using var workspace = new Workspace();
        GuestSpecification specification = GuestSpecification.For(qemu.Machine(family), "tcg");
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(4);
        using CapturedSnapshot captured = await CapturedSnapshot.OfAsync(workspace, guest);
        await guest.ReadAsync();

        string path = captured.Write("mapped", file => MappedRamWriter.Write(
            captured.Machine, file, new MappedRamOptions { Threads = 2, IsDirect = direct }, new WritingWatch()));
        (await SavevmCommand.RunAsync(workspace, "diff", "web", path)).Expect(0);
        LabGuest back = await CapturedSnapshot.LoadAsync(
            workspace, qemu, specification, $"file:{path}", multifd ? ["mapped-ram", "multifd"] : ["mapped-ram"]);
        await back.MoreTicksAsync(specification.TicksPerPass + 3);
        back.Log.AssertContinues(guest.Log);
    }

    private static void AssertSame(Stream expected, Stream actual)
    {
        byte[] one = new byte[1 << 20];
        byte[] other = new byte[1 << 20];
        for (long offset = 0; ; offset += one.Length)
        {
            int count = expected.ReadAtLeast(one, one.Length, throwOnEndOfStream: false);
            Assert.Equal(count, actual.ReadAtLeast(other, other.Length, throwOnEndOfStream: false));
            Assert.True(one.AsSpan(0, count).SequenceEqual(other.AsSpan(0, count)), $"the MiB at 0x{offset:x} differs");
            if (count == 0)
            {
                return;
            }
        }
    }
}
