using System.Text;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Processes;

namespace Savevm.Linux.Tests.Processes;

public sealed class ChildProcessTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly TemporaryFolder folder = new();
    private int outputs;

    public void Dispose() => folder.Dispose();

    private static ChildProcess Shell(string script, Func<ChildProcessStart, ChildProcessStart>? change = null)
    {
        var start = new ChildProcessStart { Program = "sh", Arguments = ["-c", script] };
        return ChildProcess.Start(change?.Invoke(start) ?? start);
    }

    private string RunForOutput(string script, Func<ChildProcessStart, ChildProcessStart>? change = null)
    {
        var file = folder.File($"out{++outputs}");
        using var child = Shell(script, start => (change?.Invoke(start) ?? start) with { OutputFile = file, ErrorFile = file });
        Assert.True(child.WaitForExit(Patience));
        return File.ReadAllText(file).TrimEnd('\n');
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(255)]
    public void Exit_code_is_what_the_program_returned(int code)
    {
        using var child = Shell($"exit {code}");
        Assert.True(child.WaitForExit(Patience));
        Assert.Equal((code, 0), (child.ExitCode, child.ExitSignal));
    }

    [Fact]
    public void Killed_child_reports_the_signal()
    {
        using var child = Shell("exec sleep 100");
        Assert.False(child.WaitForExit(TimeSpan.FromMilliseconds(20)));
        Assert.Throws<InvalidOperationException>(() => child.ExitCode);
        child.Kill(Signal.Terminate);
        Assert.True(child.WaitForExit(Patience));
        Assert.Equal((128 + 15, 15), (child.ExitCode, child.ExitSignal));
        child.Kill();
    }

    [Fact]
    public async Task Waiting_ends_with_the_token_and_the_child_goes_on()
    {
        using var child = Shell("exec sleep 100");
        using var cancel = new CancellationTokenSource(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => child.WaitForExitAsync(cancel.Token));
        Assert.False(child.HasExited);
        child.Kill();
        Assert.Equal(128 + 9, await child.WaitForExitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Missing_program_is_named()
    {
        var error = Assert.Throws<LinuxException>(() => ChildProcess.Start(new ChildProcessStart { Program = "/no/such/program" }));
        Assert.Equal(Errno.ENOENT, error.ErrorNumber);
        Assert.Contains("/no/such/program", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_folder_and_log_file_are_named()
    {
        var error = Assert.Throws<LinuxException>(() => Shell("true", start => start with { WorkingDirectory = "/no/such/folder" }));
        Assert.Contains("/no/such/folder", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<LinuxException>(() => Shell("true", start => start with { OutputFile = "/no/such/folder/log" }));
        Assert.Contains("/no/such/folder/log", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Arguments_environment_and_folder_arrive_unchanged()
    {
        Directory.CreateDirectory(folder.File("größe"));
        var output = RunForOutput("printf '%s|' \"$0\" \"$@\"; printf '%s|' \"$SAVEVM_TEST\"; pwd", start => start with
        {
            Arguments = [.. start.Arguments, "a b", "", "é\n\"'$x"],
            Environment = new Dictionary<string, string> { ["SAVEVM_TEST"] = "x=y z", ["PATH"] = Environment.GetEnvironmentVariable("PATH")! },
            WorkingDirectory = folder.File("größe"),
        });
        Assert.Equal($"a b||é\n\"'$x|x=y z|{folder.File("größe")}", output);
    }

    [Fact]
    public void Environment_is_ours_unless_given()
    {
        Assert.Equal(Environment.GetEnvironmentVariable("PATH"), RunForOutput("printf '%s' \"$PATH\""));
        Assert.Equal("", RunForOutput("/usr/bin/env | grep -v -E '^(PWD|_|SHLVL|OLDPWD)='", start => start with { Program = "/bin/sh", Environment = new Dictionary<string, string>() }));
    }

    [Fact]
    public void Output_is_appended_and_both_streams_may_share_a_file()
    {
        RunForOutput("echo one; echo two >&2");
        outputs--;
        Assert.Equal("one\ntwo\nthree", RunForOutput("echo three"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Child_leads_a_session_only_when_asked(bool newSession)
    {
        // Field 6 of stat is the session.
        var output = RunForOutput("echo $$; cut -d' ' -f6 /proc/$$/stat", start => start with { NewSession = newSession });
        var lines = output.Split('\n');
        Assert.Equal(newSession, lines[0] == lines[1]);
    }

    [Fact]
    public void Child_starts_with_default_signals_and_an_empty_mask()
    {
        var output = RunForOutput("grep -E '^Sig(Blk|Ign)' /proc/self/status");
        // 32 and 33 are the C library's own.
        const ulong Ours = ~0x1_8000_0000UL;
        var lines = output.Split('\n');
        Assert.Equal(2, lines.Length);
        foreach (var line in lines) Assert.Equal(0UL, Convert.ToUInt64(line.Split('\t')[1], 16) & Ours);
    }

    [Fact]
    public void Descriptors_arrive_under_their_numbers_even_when_the_numbers_cross()
    {
        File.WriteAllText(folder.File("a"), "A");
        File.WriteAllText(folder.File("b"), "B");
        using var a = Descriptor.Open(folder.File("a"), FileAccess.Read);
        using var b = Descriptor.Open(folder.File("b"), FileAccess.Read);
        var (numberA, numberB) = ((int)a.DangerousGetHandle(), (int)b.DangerousGetHandle());
        // Each under the number that the other has here, and one under its own.
        var output = RunForOutput($"cat /proc/self/fd/{numberB} /proc/self/fd/{numberA} /proc/self/fd/{numberB + numberA}",
            start => start with { Descriptors = [new(a, numberB), new(b, numberA), new(b, numberB + numberA)] });
        Assert.Equal("ABB", output);
        output = RunForOutput($"cat <&{(numberA < 10 ? numberA : 9)}", start => start with { Descriptors = [new(a, numberA < 10 ? numberA : 9)] });
        Assert.Equal("A", output);
    }

    [Fact]
    public void Child_inherits_nothing_else()
    {
        using var secret = Descriptor.Open("/dev/null", FileAccess.Read);
        var (read, write) = Descriptor.Pipe();
        using (read)
        using (write)
        using (var wakeup = new Wakeup())
        {
            var numbers = new[] { secret, read, write, wakeup.Handle }.Select(handle => handle.DangerousGetHandle()).ToArray();
            var output = RunForOutput("ls /proc/self/fd");
            foreach (var number in numbers) Assert.DoesNotContain(number.ToString(), output.Split('\n'));
        }
    }

    [Fact]
    public void Two_descriptors_under_one_number_are_refused()
    {
        using var file = Descriptor.Open("/dev/null", FileAccess.Read);
        Assert.Throws<ArgumentException>(() => Shell("true", start => start with { Descriptors = [new(file, 5), new(file, 5)] }));
    }

    [Fact]
    public void Pipe_as_standard_input_feeds_the_child()
    {
        var (read, write) = Descriptor.Pipe();
        var file = folder.File("out");
        using var child = Shell("cat", start => start with { Descriptors = [new(read, 0)], OutputFile = file });
        read.Dispose();
        Descriptor.Write(write, Encoding.UTF8.GetBytes("hello"), "pipe");
        write.Dispose();
        Assert.True(child.WaitForExit(Patience));
        Assert.Equal("hello", File.ReadAllText(file));
    }

    [Fact]
    public void Two_hundred_children_leave_no_descriptor_and_no_zombie()
    {
        var before = OpenDescriptors();
        for (var i = 0; i < 200; i++)
        {
            using var child = Shell($"exit {i % 3}");
            Assert.True(child.WaitForExit(Patience));
            Assert.Equal(i % 3, child.ExitCode);
            Assert.Null(ProcessInfo.Read(child.Id));
        }
        Assert.InRange(OpenDescriptors(), 0, before + 10);
    }

    [Fact]
    public void Failed_start_leaves_no_descriptor()
    {
        var before = OpenDescriptors();
        for (var i = 0; i < 100; i++)
        {
            var start = new ChildProcessStart { Program = "/no/such/program", OutputFile = folder.File("log") };
            Assert.Throws<LinuxException>(() => ChildProcess.Start(start));
        }
        Assert.InRange(OpenDescriptors(), 0, before + 10);
    }

    private static int OpenDescriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Child_that_may_punch_no_holes_keeps_what_is_in_the_file_and_can_do_all_else(bool forbidden)
    {
        var file = folder.File("image");
        File.WriteAllBytes(file, Enumerable.Repeat((byte)7, 8192).ToArray());
        var said = RunForOutput(
            $"fallocate --punch-hole --offset 0 --length 4096 {file}; fallocate --zero-range --offset 4096 --length 1 {file} && echo zeroed",
            start => start with { ForbidHoles = forbidden });
        Assert.EndsWith("zeroed", said, StringComparison.Ordinal);
        Assert.Equal(forbidden, said.StartsWith("fallocate:", StringComparison.Ordinal));
        Assert.Equal((forbidden ? 7 : 0, 0), (File.ReadAllBytes(file)[0], File.ReadAllBytes(file)[4096]));

        // The next child is free again: the filter went with the thread that had it.
        File.WriteAllBytes(file, [1]);
        RunForOutput($"fallocate --punch-hole --offset 0 --length 1 {file}");
        Assert.Equal(0, File.ReadAllBytes(file)[0]);
    }
}
