using System.Net.Sockets;
using Savevm.Linux;
using Savevm.Machine;
using Savevm.Migration;
using Savevm.Qemu;
using Savevm.Qemu.Destination;
using Savevm.Repository;
using Savevm.Wire;

namespace Savevm.Cli.Tests;

public sealed class CommandLineProgramTests
{
    public static TheoryData<Exception, ExitCode, string> Failures => new()
    {
        { new SavevmException(ExitCode.DidNotConverge, "capture web", "the guest writes faster"), ExitCode.DidNotConverge, "capture web: the guest writes faster" },
        { new OperationCanceledException(), ExitCode.Cancelled, "show web: cancelled" },
        { new SnapshotNotFoundException("web", "/r"), ExitCode.NotFound, "show web: there is no snapshot 'web' in /r" },
        { new RepositoryNotFoundException("/r"), ExitCode.RepositoryMissing, "show web: there is no repository at /r" },
        { new SnapshotExistsException("web", "/r"), ExitCode.Failed, "show web: there is already a snapshot 'web' in /r" },
        { new UnsupportedFormatException("format 9"), ExitCode.Incompatible, "show web: format 9" },
        { new DamagedStateException("ram/0", 65536, "checksum"), ExitCode.Damaged, "show web: ram/0 at offset 0x10000: checksum" },
        { new WireException(16, "unknown flag"), ExitCode.Damaged, "show web: stream offset 0x10: unknown flag" },
        { new MachineRefusedException("tcg state under kvm"), ExitCode.Incompatible, "show web: tcg state under kvm" },
        { new PostcopyUnavailableException("no userfaultfd", "open it"), ExitCode.Incompatible, "show web: no userfaultfd\nhint: open it\n" },
        { new QemuException("QEMU vanished", "restart it"), ExitCode.PeerFailed, "show web: QEMU vanished\nhint: restart it\n" },
        { new FileNotFoundException("no such file"), ExitCode.NotFound, "show web: no such file" },
        { new SocketException(111), ExitCode.PeerFailed, "show web: Connection refused" },
        { new PeerLostException("the source vanished"), ExitCode.PeerFailed, "show web: the source vanished" },
        { new PeerRefusedException(1), ExitCode.PeerFailed, "show web: the destination could not load the state" },
        { new LinuxException(2, "open", "/x"), ExitCode.NotFound, "show web: /x: No such file or directory (open)" },
        { new LinuxException(111, "connect", "/x"), ExitCode.PeerFailed, "show web: /x: Connection refused (connect)" },
        { new PeerLostException("the source vanished"), ExitCode.PeerFailed, "show web: the source vanished" },
        { new PeerRefusedException(1), ExitCode.PeerFailed, "show web: the destination could not load the state" },
        { new LinuxException(28, "write", "/x"), ExitCode.Failed, "show web: /x: No space left on device (write)" },
        { new IOException("disk full"), ExitCode.Failed, "show web: disk full" },
        { new ArgumentException("'..' cannot be the name"), ExitCode.WrongUsage, "show web: '..' cannot be the name" },
        { new ArgumentOutOfRangeException("x"), ExitCode.Failed, "show web: ArgumentOutOfRangeException: " },
        { new AggregateException(new WireException(1, "inner")), ExitCode.Damaged, "show web: stream offset 0x1: inner" },
        { new InvalidOperationException("oops"), ExitCode.Failed, "show web: InvalidOperationException: oops" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Each_failure_has_its_exit_code_and_says_what_and_why(Exception failure, ExitCode code, string line)
    {
        var screen = new TestScreen();
        screen.Scripted.Failure = failure;
        Assert.Equal(code, await screen.RunAsync("show", "web"));
        Assert.Empty(screen.Out);
        Assert.StartsWith($"savevm: {line}", screen.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", screen.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ExitCode.Done, 0)]
    [InlineData(ExitCode.Failed, 1)]
    [InlineData(ExitCode.WrongUsage, 2)]
    [InlineData(ExitCode.NotFound, 3)]
    [InlineData(ExitCode.Damaged, 4)]
    [InlineData(ExitCode.Incompatible, 5)]
    [InlineData(ExitCode.RepositoryMissing, 10)]
    [InlineData(ExitCode.RepositoryLocked, 11)]
    [InlineData(ExitCode.WrongKey, 12)]
    [InlineData(ExitCode.PeerFailed, 20)]
    [InlineData(ExitCode.DidNotConverge, 21)]
    [InlineData(ExitCode.Recoverable, 22)]
    [InlineData(ExitCode.Cancelled, 130)]
    public void The_numbers_of_exit_codes_never_change(ExitCode code, int number) => Assert.Equal(number, (int)code);

    [Fact]
    public async Task A_hint_follows_the_error_on_a_line_of_its_own()
    {
        var screen = new TestScreen();
        screen.Scripted.Failure = new SavevmException(ExitCode.PeerFailed, "capture web", "QEMU refused", "restart it");
        await screen.RunAsync("capture", "web", "--qmp", "/q");
        Assert.Equal("savevm: capture web: QEMU refused\nhint: restart it\n", screen.Error);
    }

    [Fact]
    public async Task Debug_shows_where_an_error_comes_from()
    {
        var screen = new TestScreen();
        screen.Scripted.Failure = new InvalidOperationException("oops");
        await screen.RunAsync("show", "web", "--debug");
        Assert.Contains("   at ", screen.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_json_a_failure_is_a_document_too()
    {
        var screen = new TestScreen();
        screen.Scripted.Failure = new SnapshotNotFoundException("web", "/r");
        Assert.Equal(ExitCode.NotFound, await screen.RunAsync("show", "web", "--json"));
        Assert.Equal(
            """{"message_type":"error","exit_code":3,"what":"show web","why":"there is no snapshot 'web' in /r","hint":"savevm list shows the snapshots"}""" + "\n",
            screen.Out);
    }

    [Fact]
    public async Task Wrong_usage_exits_with_2_and_a_suggestion()
    {
        var screen = new TestScreen();
        Assert.Equal(ExitCode.WrongUsage, await screen.RunAsync("lst"));
        Assert.Equal("savevm: there is no command 'lst'\nhint: did you mean savevm list?\n", screen.Error);
    }

    [Fact]
    public async Task The_version_is_printed()
    {
        var screen = new TestScreen();
        Assert.Equal(ExitCode.Done, await screen.RunAsync("--version"));
        Assert.Equal($"savevm {CommandLineProgram.Version}\n", screen.Out);
    }

    [Theory]
    [InlineData("/given", "/environment", "/data", "/given")]
    [InlineData(null, "/environment", "/data", "/environment")]
    [InlineData(null, null, "/data", "/data/savevm")]
    [InlineData(null, "", "", "/home/user/.local/share/savevm")]
    public async Task The_repository_is_the_option_else_the_environment_else_the_users_folder(
        string? option, string? variable, string? data, string expected)
    {
        var screen = new TestScreen();
        foreach ((string name, string? value) in new[] { ("SAVEVM_REPOSITORY", variable), ("XDG_DATA_HOME", data) })
        {
            if (value is not null)
            {
                screen.Environment[name] = value;
            }
        }

        string[] words = option is null ? ["list"] : ["list", "--repository", option];
        await screen.RunAsync(words);
        Assert.Equal([$"list {expected}"], screen.Scripted.Calls);
    }
}
