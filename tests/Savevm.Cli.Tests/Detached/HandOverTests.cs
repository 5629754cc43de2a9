using Savevm.Cli.Detached;

namespace Savevm.Cli.Tests.Detached;

public sealed class HandOverTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("savevm-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Lines_go_to_the_command_until_the_last_guest_runs_and_to_its_log_afterwards()
    {
        using var pipe = new StringWriter();
        var handOver = new HandOver(pipe, expected: 2);
        handOver.Error.WriteLine("note: one");
        handOver.Out.WriteLine("web: running\n  and more");
        handOver.Count(_folder);
        handOver.Out.WriteLine("web-2: running");
        handOver.Count(runDirectory: null);
        handOver.Out.WriteLine("web: all RAM has arrived");
        Assert.Equal("enote: one\noweb: running\no  and more\noweb-2: running\nd\n", pipe.ToString());
        string log = File.ReadAllText(Path.Combine(_folder, HandOver.LogFile));
        Assert.EndsWith(" web: all RAM has arrived\n", log, StringComparison.Ordinal);
        Assert.Single(log.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("run run", "d\n")]
    [InlineData("run fail", "d1\n")]
    [InlineData("fail fail run", "d2\n")]
    [InlineData("fail fail", "")]
    [InlineData("run run fail", "d\n")]
    public void The_command_is_let_go_when_every_guest_runs_or_has_failed_and_is_told_how_many_did(string guests, string said)
    {
        using var pipe = new StringWriter();
        string[] all = guests.Split(' ');
        var handOver = new HandOver(pipe, expected: said == "d\n" ? 2 : all.Length);
        foreach (string guest in all)
        {
            if (guest == "run")
            {
                handOver.Count(runDirectory: null);
            }
            else
            {
                handOver.CountFailure();
            }
        }

        Assert.Equal(said, pipe.ToString());
    }

    [Fact]
    public void A_run_directory_that_is_gone_stops_nothing()
    {
        using var pipe = new StringWriter();
        var handOver = new HandOver(pipe, expected: 1);
        handOver.Count(Path.Combine(_folder, "gone"));
        handOver.Error.WriteLine("warning: late");
        Assert.Equal("d\n", pipe.ToString());
    }
}
