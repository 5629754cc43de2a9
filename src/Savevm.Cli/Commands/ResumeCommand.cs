using System.Globalization;
using Savevm.Cli.CommandLine;
using Savevm.Cli.Detached;
using Savevm.Cli.Output;
using Savevm.Cli.Values;

namespace Savevm.Cli.Commands;

/// <summary><c>savevm resume</c>: guests back from a snapshot.</summary>
public static class ResumeCommand
{
    private const int MostClones = 1024;

    private static readonly ArgumentDefinition Name = new("NAME", "the snapshot", ValueKind.Snapshot);

    private static readonly OptionDefinition Mode = new(
        "--mode",
        "lazy runs the guest at once and sends RAM on demand; clone maps the RAM image copy-on-write, shared by all clones; full loads all RAM "
        + "first; auto (the default) is lazy where this host allows it, else clone, else full",
        ValueKind.Choice)
    {
        Choices = ["auto", "lazy", "clone", "full"],
    };

    private static readonly OptionDefinition Clones = new("--clones", "start this many guests", ValueKind.Count, "N");

    private static readonly OptionDefinition Set = new(
        "--set",
        "change the command line of the QEMU that is started: OPTION.PROPERTY=VALUE, OPTION.ID.PROPERTY=VALUE where the option has an id, or "
        + "OPTION=VALUE for the whole argument or an option that is not there yet; {n} in the value is the guest's number, from 1 on. "
        + "--set rtc.base=2030-01-01 --set netdev.net0.hostfwd=tcp::22{n}-:22",
        ValueKind.Text,
        "KEY=VALUE")
    {
        IsRepeatable = true,
    };

    private static readonly OptionDefinition PrefetchOption = new(
        "--prefetch",
        "what lazy sends beside what the guest asks for: all (the default), first what it asked for when it was resumed before, then the rest "
        + "until it is whole; working-set, only what it asked for before; none, nothing",
        ValueKind.Choice)
    {
        Choices = ["all", "working-set", "none"],
    };

    private static readonly OptionDefinition Qmp = new(
        "--qmp",
        "resume into the QEMU behind this QMP socket, which was started with -incoming defer",
        ValueKind.File,
        "SOCKET");

    private static readonly OptionDefinition Connect = new(
        "--connect",
        "resume into a QEMU that was started with -incoming URI",
        ValueKind.Text,
        "URI");

    private static readonly OptionDefinition Disks = new(
        "--disks",
        "each guest writes to overlays of its own: keep (the default) leaves them when it ends, temporary removes them; ignore is keep for disks "
        + "that are not what they were at the capture",
        ValueKind.Choice)
    {
        Choices = ["keep", "temporary", "ignore"],
    };

    private static readonly OptionDefinition Verify = new("--verify", "check all RAM of the snapshot before anything starts");

    private static readonly OptionDefinition Detach = new(
        "--detach",
        "return when the guests run; a process in the background goes on serving their RAM");

    private static readonly OptionDefinition OnInterrupt = new(
        "--on-interrupt",
        "what Ctrl-C does while a guest waits for RAM: fetch the rest, kill the guest, or leave it, paused where it needs what has not arrived, "
        + "for --recover. Without it a terminal is asked, and the rest is fetched where there is none",
        ValueKind.Choice)
    {
        Choices = ["fetch", "kill", "leave"],
    };

    private static readonly OptionDefinition Recover = new(
        "--recover",
        "go on with guests of this snapshot that were resumed lazily and whose savevm ended before all their RAM had arrived. With --connect, one "
        + "whose user said migrate-recover URI on its monitor; make sure that it came from this snapshot");

    private static readonly OptionDefinition Bandwidth = new(
        "--bandwidth",
        "send no more than this, such as 100MiB/s, beside what the guest asks for or asked for when it was resumed before",
        ValueKind.Rate,
        "RATE");

    private static readonly OptionDefinition Timeout = new(
        "--timeout",
        "give up when no guest runs after this time, such as 30s",
        ValueKind.Time,
        "TIME");

    /// <summary>The command's definition.</summary>
    public static CommandDefinition Definition { get; } = new(
        "resume",
        "bring a guest back from a snapshot, at once",
        "Starts a stock QEMU and brings the guest back where it was. Without words after --, the command line recorded at capture is used, "
        + "with sockets made fresh. The command stays as the guest's page server until the guest needs it no more.",
        """
        $ savevm resume web
        web: running 112 ms after start, lazy, 30 pages sent before, pid 4711, monitor /run/user/1000/savevm/web-4711/qmp
        web: all RAM has arrived, 611 MiB sent, 1530 page requests answered
        $ savevm resume web --clones 20 --set 'netdev.net0.hostfwd=tcp::22{n}-:22'
        note: taking --mode clone: the 20 guests share the memory that they do not write to
        web-1: running 98 ms after start, clone, 1132 pages sent before, pid 4801, monitor /run/user/1000/savevm/5f0c2a1b/qmp
        web-2: running 101 ms after start, clone, 1132 pages sent before, pid 4802, monitor /run/user/1000/savevm/9d41e07c/qmp
        ...
        """,
        RunAsync)
    {
        Arguments = [Name],
        Options = [Mode, Clones, Set, PrefetchOption, Qmp, Connect, Disks, Verify, Detach, OnInterrupt, Recover, Bandwidth, Timeout],
        RestName = "QEMU ARGS",
    };

    /// <summary>Runs a resume to its end with the given observer.</summary>
    /// <param name="invocation">What was typed.</param>
    /// <param name="observer">Told about the guests.</param>
    /// <param name="isBackground">This is the page server of a detached resume.</param>
    internal static Task<ResumeReport> ResumeAsync(Invocation invocation, IOperationObserver observer, bool isBackground)
    {
        // The words first: what is wrong with them is said before anything is made.
        ResumeRequest request = Request(invocation, isBackground);
        return invocation.Operations.Resume().RunAsync(request, observer, invocation.Interrupt);
    }

    /// <summary>The name of the snapshot that was typed.</summary>
    internal static string NameOf(Invocation invocation) => invocation.Command.Text(Name);

    /// <summary>How many guests were asked for.</summary>
    internal static int GuestsOf(ParsedCommand command) => command.Count(Clones, MostClones) ?? 1;

    private static async Task<ExitCode> RunAsync(Invocation invocation)
    {
        if (invocation.Command.Has(Detach))
        {
            // What can be wrong with the words is said here, not by the background process.
            _ = Request(invocation, isBackground: false);
            return await DetachedResume.StartAsync(invocation).ConfigureAwait(false);
        }

        var observer = new ConsoleObserver(
            invocation.Pane,
            NameOf(invocation),
            invocation.IsJson,
            invocation.Terminal.CanAsk ? invocation.Terminal.OpenInput : null);
        ResumeReport report = await ResumeAsync(invocation, observer, isBackground: false).ConfigureAwait(false);
        invocation.Pane.Clear();
        return report.Failures.Count == 0 ? ExitCode.Done : throw SomeFailed(invocation, report.Failures.Count);
    }

    /// <summary>Some of several guests failed, which was said of each; the others run.</summary>
    internal static SavevmException SomeFailed(Invocation invocation, int failed) => new(
        ExitCode.Failed,
        $"resume of {NameOf(invocation)}",
        string.Create(CultureInfo.InvariantCulture, $"{failed} of {GuestsOf(invocation.Command)} guests failed"),
        "the others came up; what was said of each failure stands above");

    private static ResumeRequest Request(Invocation invocation, bool isBackground)
    {
        ParsedCommand command = invocation.Command;
        int waysIn = (command.Has(Qmp) ? 1 : 0) + (command.Has(Connect) ? 1 : 0) + (command.Rest is null ? 0 : 1);
        if (waysIn > 1)
        {
            throw new UsageException("resume", "--qmp, --connect and words after -- exclude each other", "choose one QEMU to resume into");
        }

        int clones = GuestsOf(command);
        if (clones > 1 && (command.Has(Qmp) || command.Has(Connect)))
        {
            throw new UsageException("--clones", "one QEMU takes one guest", "leave --qmp and --connect out: savevm starts the QEMUs itself");
        }

        if (command.Has(Set) && (command.Has(Qmp) || command.Has(Connect)))
        {
            throw new UsageException("--set", "changes the command line of a QEMU that savevm starts", "leave --qmp and --connect out, or give that QEMU the option yourself");
        }

        if (command.Has(Recover) && new[] { Mode, Clones, Set, Disks }.FirstOrDefault(command.Has) is { } other)
        {
            throw new UsageException("--recover", $"starts no guest, so {other.Name} changes nothing", $"leave {other.Name} out");
        }

        if (command.Has(Recover) && command.Rest is not null)
        {
            throw new UsageException("--recover", "starts no guest, so words after -- change nothing", "leave them out");
        }

        if (command.Rest is { Count: 0 })
        {
            throw new UsageException("resume", "there is nothing after --", "leave -- out to use the command line recorded at capture");
        }

        return new ResumeRequest
        {
            RepositoryPath = invocation.RepositoryPath,
            Name = command.Text(Name),
            Mode = command.Choice<ResumeMode>(Mode) ?? ResumeMode.Auto,
            Clones = clones,
            Settings = command.All(Set),
            Prefetch = command.Choice<Prefetch>(PrefetchOption) ?? Prefetch.All,
            QemuArguments = command.Rest,
            QmpSocket = command.Text(Qmp),
            ConnectUri = command.Text(Connect),
            Disks = command.Choice<DiskUse>(Disks) ?? DiskUse.Keep,
            Verify = command.Has(Verify),
            Detach = isBackground,
            OnInterrupt = command.Choice<InterruptChoice>(OnInterrupt),
            Emulator = invocation.Environment("SAVEVM_QEMU") is { Length: > 0 } emulator ? emulator : null,
            BandwidthBytesPerSecond = command.Rate(Bandwidth),
            Timeout = command.Time(Timeout),
            Recover = command.Has(Recover),
            KeeperCommand = BackgroundProcess.OwnCommand([KeepMonitorCommand.Verb]),
            RecoverCommand = RecoverCommand(invocation),
        };
    }

    // Where the repository came from the environment, the one who reads the hint has it there too.
    private static string RecoverCommand(Invocation invocation)
    {
        string name = ShellText.Quote(invocation.Command.Text(Name));
        return invocation.Command.Has(GlobalOptions.Repository)
            ? $"savevm resume {name} --recover --repository {ShellText.Quote(invocation.RepositoryPath)}"
            : $"savevm resume {name} --recover";
    }
}
