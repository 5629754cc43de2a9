using System.Diagnostics;
using Savevm.Linux.Processes;

namespace Savevm.Transport.Tests;

public sealed class CommandChannelTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("savevm-command-").FullName;

    public void Dispose() => Directory.Delete(folder, true);

    private static IByteChannel Writer(string command) => ChannelAddress.Parse($"exec:{command}").Connect();

    private static IByteChannel Reader(string command) => ChannelAddress.Parse($"exec:{command}").Listen().Accept(CancellationToken.None);

    [Fact]
    public void Closing_waits_until_the_command_has_worked_through_its_input()
    {
        using var writer = Writer($"cat > {folder}/out; sleep 0.2; echo done >> {folder}/out");
        writer.Write("hello "u8);
        writer.CloseWrite();
        Assert.Equal("hello done\n", File.ReadAllText(folder + "/out"));
    }

    [Fact]
    public void Disposing_waits_too()
    {
        Writer($"cat > {folder}/out; sleep 0.2; echo done >> {folder}/out").Dispose();
        Assert.Equal("done\n", File.ReadAllText(folder + "/out"));
    }

    [Fact]
    public void Failing_writer_is_told_once_with_the_command_and_its_code()
    {
        var writer = Writer("cat > /dev/null; exit 3");
        writer.Write("hello"u8);
        var error = Assert.Throws<IOException>(writer.CloseWrite);
        Assert.Contains("exit 3: the command failed with exit code 3", error.Message, StringComparison.Ordinal);
        writer.Dispose();
        Assert.Throws<IOException>(Writer("exit 4").Dispose);
    }

    [Fact]
    public void Writing_to_a_command_that_failed_names_its_code()
    {
        using var writer = Writer("exit 5");
        var error = Assert.ThrowsAny<IOException>(() =>
        {
            for (var i = 0; i < 1000; i++) writer.Write(new byte[100_000]);
        });
        Assert.Contains("exit code 5", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reader_is_told_at_the_end_that_the_command_failed()
    {
        using var reader = Reader("echo x; exit 6");
        var buffer = new byte[10];
        Assert.Equal(2, reader.Read(buffer));
        var error = Assert.Throws<IOException>(() => reader.Read(buffer));
        Assert.Contains("exit code 6", error.Message, StringComparison.Ordinal);
        using var killed = Reader("kill -9 $$");
        Assert.Contains("signal 9", Assert.Throws<IOException>(() => killed.Read(buffer)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Command_not_found_is_the_shells_exit_code()
    {
        using var reader = Reader("no-such-command-of-ours 2> /dev/null");
        Assert.Contains("exit code 127", Assert.Throws<IOException>(() => reader.Read(new byte[1])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Aborted_command_is_ended_without_another_error(bool writes)
    {
        var command = $"echo $$ > {folder}/pid; exec sleep 100";
        var channel = writes ? Writer(command) : Reader(command);
        var pid = ReadProcessId();
        var started = ProcessInfo.Read(pid)!.StartTime;
        channel.Abort();
        var clock = Stopwatch.StartNew();
        channel.Dispose();
        Assert.InRange(clock.ElapsedMilliseconds, 0, 4000);
        Assert.False(ProcessInfo.IsAlive(pid, started));
    }

    [Fact]
    public void Command_that_does_not_want_to_end_is_killed()
    {
        var channel = Writer($"trap '' TERM; echo $$ > {folder}/pid; while :; do sleep 0.1; done");
        var pid = ReadProcessId();
        channel.Abort();
        channel.Dispose();
        Assert.Null(ProcessInfo.Read(pid));
    }

    [Fact]
    public void Abort_ends_the_wait_for_a_command_that_works_on()
    {
        using var writer = Writer("exec sleep 100");
        var closing = Task.Run(writer.CloseWrite);
        Thread.Sleep(50);
        Assert.False(closing.IsCompleted);
        writer.Abort();
        Assert.IsType<IOException>(Assert.Throws<AggregateException>(() => closing.Wait(TimeSpan.FromSeconds(20))).InnerException);
    }

    [Fact]
    public void Reader_that_stops_early_ends_the_command_without_an_error()
    {
        var reader = Reader("exec cat /dev/zero");
        reader.Read(new byte[1000]);
        reader.Dispose();
    }

    private int ReadProcessId()
    {
        for (var tries = 0; tries < 2000; tries++)
        {
            if (File.Exists(folder + "/pid") && int.TryParse(File.ReadAllText(folder + "/pid"), out var pid)) return pid;
            Thread.Sleep(5);
        }
        throw new TimeoutException("the command did not start");
    }
}
