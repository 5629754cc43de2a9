using System.Diagnostics;

namespace Savevm.Qemu.Tests;

public sealed class RunDirectoryTests
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static GuestDescription Web(int? processId = null) => new() { Snapshot = "web", ProcessId = processId };

    [Fact]
    public void Is_private_and_says_whose_it_is()
    {
        using var folder = new TemporaryFolder();
        var run = RunDirectory.Create(folder["savevm"]);
        Assert.Equal(Private, File.GetUnixFileMode(run.Path));
        Assert.Equal(Private, File.GetUnixFileMode(folder["savevm"]));
        run.Describe(Web(Environment.ProcessId) with { Sockets = new Dictionary<string, string> { ["/old"] = "/new" }, Monitor = "/new" });
        string text = File.ReadAllText(Path.Combine(run.Path, RunDirectory.DescriptionName));
        Assert.Contains("\"snapshot\":\"web\"", text, StringComparison.Ordinal);
        Assert.Contains("\"/old\":\"/new\"", text, StringComparison.Ordinal);
        run.Remove();
        run.Remove();
        Assert.False(Directory.Exists(run.Path));
    }

    [Fact]
    public void One_whose_processes_are_gone_is_removed_by_the_next_and_one_in_use_is_not()
    {
        using var folder = new TemporaryFolder();
        var alive = RunDirectory.Create(folder["savevm"]);
        alive.Describe(Web());
        var young = RunDirectory.Create(folder["savevm"]);
        var dead = RunDirectory.Create(folder["savevm"]);
        dead.Describe(Web());
        string file = Path.Combine(dead.Path, RunDirectory.DescriptionName);

        // Our own id, but of a process that started at another time.
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"start_time\":", "\"start_time\":1", StringComparison.Ordinal));
        RunDirectory.Create(folder["savevm"]);
        Assert.True(Directory.Exists(alive.Path));
        Assert.True(Directory.Exists(young.Path));
        Assert.False(Directory.Exists(dead.Path));
    }

    [Fact]
    public void One_whose_guest_runs_stays_although_its_creator_is_gone() => AssertAbandoned(guestRan: true);

    [Fact]
    public void One_whose_creator_was_killed_before_the_guest_ran_goes_and_its_process_with_it() => AssertAbandoned(guestRan: false);

    private static void AssertAbandoned(bool guestRan)
    {
        using var folder = new TemporaryFolder();
        using var guest = Process.Start("/bin/sleep", "60");
        try
        {
            var run = RunDirectory.Create(folder["savevm"]);
            run.Describe(Web(guest.Id));
            string file = Path.Combine(run.Path, RunDirectory.DescriptionName);
            string text = File.ReadAllText(file);
            int end = text.IndexOf("\"guest\"", StringComparison.Ordinal);
            File.WriteAllText(file, text[..end].Replace("\"start_time\":", "\"start_time\":1", StringComparison.Ordinal) + text[end..]);
            if (guestRan)
            {
                run.GuestRuns();
                Assert.Equal(0, RunDirectory.RemoveAbandoned(folder["savevm"]));
                Assert.False(guest.HasExited);
                guest.Kill();
                guest.WaitForExit();
            }

            Assert.Equal(1, RunDirectory.RemoveAbandoned(folder["savevm"]));
            Assert.True(guest.WaitForExit(5000));
            Assert.False(Directory.Exists(run.Path));
            Assert.Equal(0, RunDirectory.RemoveAbandoned(folder["savevm"]));
        }
        finally
        {
            guest.Kill();
        }
    }

    [Fact]
    public void Tells_which_guests_run_and_nothing_of_those_that_do_not_or_not_yet()
    {
        using var folder = new TemporaryFolder();
        using var guest = Process.Start("/bin/sleep", "60");
        string root = folder["savevm"];
        var started = new DateTimeOffset(2026, 3, 1, 14, 2, 11, TimeSpan.Zero);
        var described = Web(guest.Id) with
        {
            SnapshotIdentity = "fd00-7-1",
            Repository = "/r",
            Mode = "clone",
            Name = "web-2",
            Number = 2,
            Started = started,
            Monitor = "/m",
        };
        var run = RunDirectory.Create(root);
        run.Describe(described);
        Assert.Empty(RunDirectory.RunningGuests(root));
        run.GuestRuns();
        RunDirectory.Create(root).Describe(Web());
        File.WriteAllText(Path.Combine(RunDirectory.Create(root).Path, RunDirectory.DescriptionName), "{ \"guest\": [1, ");
        File.WriteAllText(Path.Combine(RunDirectory.Create(root).Path, RunDirectory.DescriptionName), "{ \"guest\": \"x\", \"snapshot\": 5 }");

        var found = Assert.Single(RunDirectory.RunningGuests(root));
        Assert.Equal(described with { Folder = run.Path, Sockets = found.Sockets }, found);

        guest.Kill();
        guest.WaitForExit();
        Assert.Empty(RunDirectory.RunningGuests(root));
        Assert.Empty(RunDirectory.RunningGuests(folder["nowhere"]));
    }

    [Fact]
    public void A_place_that_is_a_link_to_elsewhere_is_refused()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["elsewhere"]);
        File.CreateSymbolicLink(folder["savevm"], folder["elsewhere"]);
        var refusal = Assert.Throws<QemuException>(() => RunDirectory.Create(folder["savevm"]));
        Assert.Contains(folder["savevm"], refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_readable_is_left_alone_while_it_is_young()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["savevm/x"]);
        File.WriteAllText(folder["savevm/x/guest.json"], "{ \"creator\": [");
        Assert.Equal(0, RunDirectory.RemoveAbandoned(folder["savevm"]));
        Directory.SetLastWriteTimeUtc(folder["savevm/x"], DateTime.UtcNow.AddHours(-1));
        Assert.Equal(1, RunDirectory.RemoveAbandoned(folder["savevm"]));
    }
}
