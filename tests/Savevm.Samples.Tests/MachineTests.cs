using Savevm.Hosting.Faults;
using Savevm.Machine.VMState.Decoding;
using Savevm.Machine.VMState.Tree;
using Savevm.States.Opening;
using Savevm.States.Reading;
using Savevm.States.Surveys;
using Savevm.Transport.Tests.Tls;

namespace Savevm.Samples.Tests;

/// <summary>Processes of the sample machine hand it to each other. Its program notices whatever memory or disk is not as it wrote it.</summary>
public sealed class MachineTests : IDisposable
{
    // More than the sectors of the disk: each one was written once, and each number read is that of a tick.
    private const int ManyTicks = 70;

    private readonly string _folder = Directory.CreateTempSubdirectory("savevm-sample").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("unix", false)]
    [InlineData("tcp", false)]
    [InlineData("tcp", true)]
    public void It_goes_live_from_process_to_process_and_no_tick_is_lost_or_told_twice(string scheme, bool secured)
    {
        string[] tls = secured ? ["--tls", Certificates("all")] : [];
        using var first = new MachineProcess(["run", .. tls]);
        using var second = new MachineProcess(["receive", scheme == "tcp" ? "tcp:127.0.0.1:0" : $"unix:{_folder}/second", .. tls]);
        using var third = new MachineProcess(["receive", scheme == "tcp" ? "tcp:127.0.0.1:0" : $"unix:{_folder}/third", .. tls]);
        first.AwaitOutput(ManyTicks);
        first.Say($"migrate {second.AwaitMessage("listening at ")}");
        Assert.Equal(0, first.AwaitExit());
        second.AwaitOutput(ManyTicks);
        second.Say($"migrate {third.AwaitMessage("listening at ")}");
        Assert.Equal(0, second.AwaitExit());
        third.AwaitOutput(ManyTicks);
        long[] ticks = [.. first.Ticks, .. second.Ticks, .. third.Ticks];
        Assert.Equal(Numbers(ticks.Length), ticks);
    }

    [Fact]
    public void When_the_destination_is_killed_the_machine_goes_on_and_can_go_elsewhere()
    {
        using var first = new MachineProcess("run");
        using var killed = new MachineProcess("receive", $"unix:{_folder}/killed");
        first.AwaitOutput(5);
        // Sixteen megabytes at four a second: it is certainly under way when the destination ends.
        first.Say("limit 4");
        first.Say($"migrate {killed.AwaitMessage("listening at ")}");
        first.AwaitMessage("migrate: to ");
        first.AwaitOutput(30);
        killed.Kill();
        first.AwaitMessage("migrate: ");
        first.AwaitOutput(10);
        Assert.Empty(killed.Output);
        first.Say("limit 1000");
        using var next = new MachineProcess("receive", $"unix:{_folder}/next");
        first.Say($"migrate {next.AwaitMessage("listening at ")}");
        Assert.Equal(0, first.AwaitExit());
        next.AwaitOutput(ManyTicks);
        long[] ticks = [.. first.Ticks, .. next.Ticks];
        Assert.Equal(Numbers(ticks.Length), ticks);
    }

    [Fact]
    public void Cancelled_it_goes_on_where_it_is()
    {
        using var first = new MachineProcess("run");
        using var second = new MachineProcess("receive", $"unix:{_folder}/second");
        first.AwaitOutput(5);
        first.Say("limit 4");
        first.Say($"migrate {second.AwaitMessage("listening at ")}");
        first.AwaitOutput(20);
        first.Say("cancel");
        Assert.Equal(1, second.AwaitExit());
        first.AwaitMessage("migrate: The outgoing migration was cancelled");
        first.AwaitOutput(ManyTicks);
        Assert.Empty(second.Output);
        long[] ticks = [.. first.Ticks];
        Assert.Equal(Numbers(ticks.Length), ticks);
    }

    [Fact]
    public void Who_has_other_certificates_or_none_gets_no_machine()
    {
        using var first = new MachineProcess("run", "--tls", Certificates("ours"));
        using var second = new MachineProcess("receive", "tcp:127.0.0.1:0", "--tls", Certificates("theirs"));
        using var plain = new MachineProcess("run");
        string address = second.AwaitMessage("listening at ");
        first.AwaitOutput(5);
        first.Say($"migrate {address}");
        Assert.Contains("is not signed by the CA of ", first.AwaitMessage("migrate: "), StringComparison.Ordinal);
        second.AwaitMessage("refused: ");
        plain.AwaitOutput(5);
        plain.Say($"migrate {address}");
        Assert.EndsWith("the peer does not speak TLS", second.AwaitMessage("refused: "), StringComparison.Ordinal);
        first.AwaitOutput(10);
        plain.AwaitOutput(10);
        Assert.Empty(second.Output);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_goes_on_at_the_other_place_before_its_memory_is_there(bool secured)
    {
        Assert.SkipWhen(MissingPages.Refusal() is not null, MissingPages.Refusal() ?? "");
        string[] tls = secured ? ["--tls", Certificates("all")] : [];
        using var first = new MachineProcess(["run", .. tls]);
        using var second = new MachineProcess(["receive", "tcp:127.0.0.1:0", .. tls]);
        first.AwaitOutput(ManyTicks);
        // Two seconds for all of it: most of its memory comes because it asks.
        first.Say("limit 8");
        first.Say($"migrate {second.AwaitMessage("listening at ")}");
        first.AwaitMessage("migrate: to ");
        first.AwaitOutput(5);
        first.Say("postcopy");
        first.AwaitMessage("migrate: completed after ");
        string figures = first.AwaitMessage("migrate: ");
        Assert.DoesNotContain(" and 0 pages", figures, StringComparison.Ordinal);
        Assert.Equal(0, first.AwaitExit());
        second.AwaitMessage("received");
        second.AwaitOutput(ManyTicks);
        long[] ticks = [.. first.Ticks, .. second.Ticks];
        Assert.Equal(Numbers(ticks.Length), ticks);
    }

    /// <summary>It writes to all of its memory faster than the limit lets any of it through; only when it is slowed down can it leave.</summary>
    [Fact]
    public void Slowed_down_it_can_leave_also_where_little_gets_through()
    {
        using var first = new MachineProcess("run", "--memory", "64");
        using var second = new MachineProcess("receive", $"unix:{_folder}/second", "--memory", "64");
        first.AwaitOutput(5);
        first.Say("limit 160");
        first.Say($"migrate {second.AwaitMessage("listening at ")}");
        first.AwaitMessage("migrate: completed after ");
        string figures = first.AwaitMessage("migrate: ");
        Assert.DoesNotMatch("^0 %", figures);
        Assert.Equal(0, first.AwaitExit());
        second.AwaitOutput(ManyTicks);
        long[] ticks = [.. first.Ticks, .. second.Ticks];
        Assert.Equal(Numbers(ticks.Length), ticks);
    }

    [Theory]
    [InlineData("file:{0}", "file:{0}")]
    [InlineData("exec:gzip -1 >{0}", "exec:gzip -dc {0}")]
    public void It_is_saved_while_it_runs_and_loaded_more_than_once(string to, string from)
    {
        string file = Path.Combine(_folder, "saved");
        using var first = new MachineProcess("run");
        first.AwaitOutput(ManyTicks);
        first.Say("migrate " + string.Format(System.Globalization.CultureInfo.InvariantCulture, to, file));
        Assert.Equal(0, first.AwaitExit());
        for (int time = 0; time < 2; time++)
        {
            using var loaded = new MachineProcess("receive", string.Format(System.Globalization.CultureInfo.InvariantCulture, from, file));
            loaded.AwaitOutput(ManyTicks);
            long[] ticks = [.. first.Ticks, .. loaded.Ticks];
            Assert.Equal(Numbers(ticks.Length), ticks);
        }
    }

    [Fact]
    public void Every_field_of_its_devices_can_be_read_in_the_saved_file()
    {
        string file = Path.Combine(_folder, "saved");
        using var first = new MachineProcess("run", "--memory", "4");
        first.AwaitOutput(ManyTicks);
        first.Say($"migrate file:{file}");
        Assert.Equal(0, first.AwaitExit());
        using SavedStateFile opened = SavedStateFile.Open(file);
        var survey = new StateSurvey();
        using (var input = new StateInput(opened))
        {
            survey.Read(input, null, TestContext.Current.CancellationToken);
        }

        Assert.Empty(survey.Defects);
        Assert.Equal("sample", survey.Configuration!.MachineName);
        Assert.Equal("sample.ram", Assert.Single(survey.Blocks).Block.IdStr);
        DecodedDevice[] devices =
        [
            .. survey.Devices.Zip(survey.Description!.Devices, (section, described) => DeviceDecoder.Decode(described, section.Body)),
        ];
        Assert.Equal(["sample-cpu", "sample-serial", "sample-timer", "sample-disk"], devices.Select(device => device.IdStr));
        Assert.All(devices, device =>
        {
            Assert.Empty(device.Defects);
            Assert.Equal(device.Share.Total, device.Share.Decoded);
        });
        // The program counts its ticks in register 8; the last may be counted and not yet printed.
        Assert.InRange((long)devices[0].Root.Find("registers")!.Value.AsUnsigned(8), first.Ticks[^1], first.Ticks[^1] + 1);
        Assert.Equal(["now", "period", "expiry", "fired"], devices[2].Root.Children.Select(field => field.Name));
        Assert.Equal(10_000_000, devices[2].Root.Find("period")!.Value.AsSigned());
    }

    private string Certificates(string name)
    {
        using var authority = new TestAuthority();
        return authority.WriteAll(Path.Combine(_folder, name), "127.0.0.1");
    }

    private static IEnumerable<long> Numbers(int count) => Enumerable.Range(1, count).Select(number => (long)number);
}
