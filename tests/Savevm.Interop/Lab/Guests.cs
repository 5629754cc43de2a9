namespace Savevm.Interop.Lab;

/// <summary>The usual beginnings of a test.</summary>
internal static class Guests
{
    /// <summary>A guest of the newest QEMU, under TCG on pc, that has ticked.</summary>
    public static Task<LabGuest> TickingAsync(Workspace workspace, GuestSpecification? specification = null) =>
        TickingAsync(workspace, QemuLab.Newest, specification ?? Usual(QemuLab.Newest));

    public static async Task<LabGuest> TickingAsync(Workspace workspace, QemuInstallation qemu, GuestSpecification specification)
    {
        LabGuest guest = await LabGuest.StartAsync(workspace, qemu, specification);
        await guest.UntilTickAsync(3);
        return guest;
    }

    public static GuestSpecification Usual(QemuInstallation qemu, string accelerator = "tcg") =>
        GuestSpecification.For(qemu.Machine("pc"), accelerator);

    /// <summary>A guest that was captured stopped under the name <c>web</c> and ended.</summary>
    public static async Task<LabGuest> CapturedAsync(
        Workspace workspace, GuestSpecification? specification = null, params IReadOnlyList<string> more)
    {
        LabGuest guest = await TickingAsync(workspace, specification);
        await SavevmCommand.CaptureAsync(workspace, guest, "web", ["--mode", "stop", "--after", "stop", .. more]);
        await guest.ReadAsync();
        guest.Kill();
        return guest;
    }

    /// <summary>
    /// The guest runs as it did: its ticks go on without a gap, nothing is corrupt. After a command that was killed somebody else lets it run,
    /// and needs a moment for that.
    /// </summary>
    public static async Task AssertRunsOnAsync(LabGuest guest)
    {
        for (int i = 0; i < 100 && await guest.Monitor.StatusAsync() != "running"; i++)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.Equal("running", await guest.Monitor.StatusAsync());
        await guest.MoreTicksAsync(10);
        guest.Log.AssertSound();
    }
}
