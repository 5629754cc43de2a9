using Savevm.Linux.Processes;

namespace Savevm.Linux.Tests.Processes;

public sealed class ProcessInfoTests
{
    [Fact]
    public void Reads_command_line_folder_and_environment_of_a_child()
    {
        using var child = ChildProcess.Start(new ChildProcessStart
        {
            Program = "sleep",
            ProgramArgument = "my sleep",
            Arguments = ["100"],
            WorkingDirectory = "/usr",
            Environment = new Dictionary<string, string> { ["A"] = "1", ["B"] = "x=y" },
        });
        try
        {
            var info = ProcessInfo.Read(child.Id)!;
            Assert.Equal(["my sleep", "100"], info.Arguments);
            Assert.Equal("/usr", info.WorkingDirectory);
            Assert.EndsWith("sleep", info.Executable, StringComparison.Ordinal);
            Assert.Equal(new Dictionary<string, string> { ["A"] = "1", ["B"] = "x=y" }, info.Environment);
            Assert.True(ProcessInfo.IsAlive(child.Id, info.StartTime));
            Assert.False(ProcessInfo.IsAlive(child.Id, info.StartTime - 1));
            child.Kill();
            // Dead but not reaped: the id is taken, the process is gone.
            Savevm.Linux.Descriptors.Descriptor.Wait(child.Handle, Savevm.Linux.Descriptors.PollEvents.Readable, TimeSpan.FromSeconds(20), "child");
            Assert.False(ProcessInfo.IsAlive(child.Id, info.StartTime));
            Assert.True(child.HasExited);
            Assert.Null(ProcessInfo.Read(child.Id));
        }
        finally
        {
            child.Kill();
            child.WaitForExit(TimeSpan.FromSeconds(20));
        }
    }

    [Fact]
    public void Start_time_of_ours_is_the_same_each_time_and_a_child_is_later()
    {
        var own = ProcessInfo.Read(Environment.ProcessId)!;
        Assert.Equal(own.StartTime, ProcessInfo.Read(Environment.ProcessId)!.StartTime);
        Assert.Equal(Environment.ProcessPath, own.Executable);
        using var child = ChildProcess.Start(new ChildProcessStart { Program = "sleep", Arguments = ["100"] });
        Assert.True(ProcessInfo.Read(child.Id)!.StartTime >= own.StartTime);
        child.Kill();
        child.WaitForExit(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Name_with_spaces_and_parentheses_does_not_confuse()
    {
        var folder = Directory.CreateTempSubdirectory("savevm-name-");
        try
        {
            var program = Path.Combine(folder.FullName, "a) R 1 (b");
            File.Copy("/bin/sleep", program);
            using var child = ChildProcess.Start(new ChildProcessStart { Program = program, Arguments = ["100"] });
            var info = ProcessInfo.Read(child.Id)!;
            Assert.Equal("a) R 1 (b", info.Name);
            Assert.True(ProcessInfo.IsAlive(child.Id, info.StartTime));
            child.Kill();
            child.WaitForExit(TimeSpan.FromSeconds(20));
        }
        finally
        {
            folder.Delete(true);
        }
    }
}
