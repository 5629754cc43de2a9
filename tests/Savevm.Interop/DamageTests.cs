using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>
/// Snapshots that are no longer what was saved. Manifest, devices and sizes are checked before RUN, always; RAM by <c>full</c> before RUN, by
/// <c>lazy</c> before it is served, by <c>clone</c> only with <c>--verify</c>.
/// </summary>
public sealed class DamageTests
{
    /// <summary>File, damage, resume mode, whether the guest may have run before it was noticed, exit codes.</summary>
    public static TheoryData<string, string, string, bool, int> Cells
    {
        get
        {
            var cells = new TheoryData<string, string, string, bool, int>();
            foreach (string mode in new[] { "lazy", "clone", "full" })
            {
                foreach (string file in new[] { "manifest.json", "devices.bin" })
                {
                    foreach (string damage in new[] { "flip", "cut", "empty", "gone", "longer" })
                    {
                        cells.Add(file, damage, mode, false, 4);
                    }
                }

                foreach (string damage in new[] { "cut", "empty", "gone", "longer" })
                {
                    cells.Add("pc.ram", damage, mode, false, 4);
                }
            }

            cells.Add("pc.ram", "flip", "full", false, 4);
            cells.Add("pc.ram", "flip", "lazy", true, 4);
            cells.Add("pc.ram", "flip", "clone --verify", false, 4);
            cells.Add("pc.ram", "flip", "lazy --verify", false, 4);
            cells.Add("pc.ram", "flip", "clone", true, 0);
            return cells;
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task IsRefusedWithExitCode4(string file, string damage, string mode, bool mayRun, int exitCode)
    {
        Assert.SkipUnless(
            QemuLab.UserfaultfdAllowed || !mode.StartsWith("lazy", StringComparison.Ordinal), "userfaultfd is kept from this user");
        await using var workspace = new Workspace();
        LabGuest guest = await Guests.CapturedAsync(workspace);
        Damage(Target(await SavevmCommand.FolderAsync(workspace, "web"), file), damage);
        SavevmResult check = await SavevmCommand.RunAsync(workspace, "check", "web", "--read-data", "--json");
        Assert.Equal(4, check.ExitCode);
        Assert.NotEmpty(check.Json["snapshots"]![0]!["defects"]!.AsArray());

        ResumeRun run = ResumeRun.Start(workspace, "web", ["--mode", .. mode.Split(' ')]);
        SavevmResult result = await run.ResultAsync(TimeSpan.FromSeconds(30));
        result.Expect(exitCode);
        if (mode == "clone" && mayRun)
        {
            // Nobody checked; it is the guest that finds the flipped bit.
            LabGuest back = await run.GuestAsync(Path.Combine(guest.Folder, "lab"));
            await back.MoreTicksAsync(10);
            Assert.Contains("CORRUPT", back.Log.Text, StringComparison.Ordinal);
        }
        else if (mayRun)
        {
            // The guest waits for the page: neither was it served, nor is what the guest has thrown away.
            int process = (int)(await run.MessageAsync("running"))["pid"]!;
            Assert.False(run.Has("complete"));
            Assert.True(Workspace.IsAlive(process));
            LabProcess.Signal(process, 9);
        }
        else
        {
            Assert.False(run.Has("running"));
            Assert.Empty(workspace.Leftovers());
        }

        // The damaged snapshot can be told from a good one, and removed.
        (await SavevmCommand.RunAsync(workspace, "list", "--json")).Expect(0);
        (await SavevmCommand.RunAsync(workspace, "rm", "web")).Expect(0);
        Assert.Empty(await SavevmCommand.NamesAsync(workspace));
    }

    [Fact]
    public async Task AnyBitOfAnyFileIsNoticedByCheck()
    {
        await using var workspace = new Workspace();
        await Guests.CapturedAsync(workspace);
        string folder = await SavevmCommand.FolderAsync(workspace, "web");
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            byte[] good = File.ReadAllBytes(file);
            if (good.Length == 0)
            {
                continue;
            }

            Damage(file, "flip");
            SavevmResult check = await SavevmCommand.RunAsync(workspace, "check", "web", "--read-data", "--json");
            Assert.True(check.ExitCode == 4, $"a flipped bit of {file} gave {check.ExitCode}: {check.Output}");
            File.WriteAllBytes(file, good);
        }

        (await SavevmCommand.RunAsync(workspace, "check", "web", "--read-data")).Expect(0);
    }

    private static string Target(string folder, string file)
    {
        IEnumerable<string> all = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories);
        return file == "pc.ram"
            ? all.Single(path => new FileInfo(path).Length == 64L << 20)
            : all.Single(path => Path.GetFileName(path) == file);
    }

    private static void Damage(string file, string damage)
    {
        if (damage == "gone")
        {
            File.Delete(file);
            return;
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        using FileStream stream = new(file, FileMode.Open, FileAccess.ReadWrite);
        switch (damage)
        {
            case "flip":
                // In the middle of what is there; of the main RAM in a page that the guest verifies.
                long at = stream.Length == 64L << 20 ? (20L << 20) + FirstData(stream, 20L << 20) : stream.Length / 2;
                stream.Position = at;
                int value = stream.ReadByte();
                stream.Position = at;
                stream.WriteByte((byte)(value ^ 0x04));
                break;
            case "cut":
                stream.SetLength(stream.Length - 1);
                break;
            case "empty":
                stream.SetLength(0);
                break;
            case "longer":
                stream.SetLength(stream.Length + 4096);
                break;
            default:
                throw new ArgumentException($"no such damage: {damage}", nameof(damage));
        }
    }

    private static long FirstData(FileStream stream, long from)
    {
        var buffer = new byte[1 << 20];
        stream.Position = from;
        stream.ReadExactly(buffer);
        return buffer.AsSpan().IndexOfAnyExcept((byte)0);
    }
}
