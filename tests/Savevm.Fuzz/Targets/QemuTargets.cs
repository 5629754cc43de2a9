using System.Text;
using System.Text.Json.Nodes;
using Savevm.Fuzz.Engine;
using Savevm.Qemu;
using Savevm.Qemu.CommandLine;
using Savevm.Qemu.CommandLine.Correction;
using Savevm.Qemu.CommandLine.Settings;
using Savevm.Qemu.Destination;
using Savevm.Qemu.Disks;
using Savevm.Qemu.Facts;
using Savevm.Qemu.Qmp;

namespace Savevm.Fuzz.Targets;

/// <summary>What is recorded of a QEMU or said by one: command lines, monitor messages, answers, texts, errors.</summary>
internal static class QemuTargets
{
    private const long TextBytes = 4 << 20;
    private static readonly Type[] Refusals = [typeof(QemuException), typeof(InvalidDataException)];

    public static IEnumerable<FuzzTarget> Rows =>
    [
        new("command-line", "a recorded command line and its option values", CommandLine, Seeds.CommandLines)
        {
            MaxBytes = 1024,
            MaxAllocatedBytes = 4 * TextBytes,
            Refusals = Refusals,
        },
        new("rebuild", "the command line made fresh", Rebuild, Seeds.CommandLines) { MaxBytes = 1024, MaxAllocatedBytes = TextBytes, Refusals = Refusals },
        new("configuration-file", "a -readconfig file", Configuration, () => [Encoding.ASCII.GetBytes("[machine]\n  type = \"pc\"\n[device \"d0\"]\n  driver = \"e1000\"\n# x\n")])
        {
            MaxBytes = 1024,
            Refusals = Refusals,
        },
        new("settings", "a --set of the user", Set, () => Seeds.Lines("m=1G", "netdev.n0.hostfwd=tcp::{n}-:22", "name=clone-{n}", "device.e1000.mac=52:54:00:12:34:56")) { MaxBytes = 256, Refusals = [.. Refusals, typeof(SettingUsageException), typeof(SettingRefusedException)] },
        new("qmp-message", "a line that a monitor sends", Message, Seeds.QmpMessages) { MaxBytes = 2048 },
        new("block-graph", "what a monitor answers about disks", Graph, Seeds.BlockGraphs) { MaxBytes = 8192, MaxAllocatedBytes = 32 << 20, Refusals = Refusals },
        new("monitor-text", "what the human monitor prints", MonitorText, Seeds.MonitorTexts) { MaxAllocatedBytes = TextBytes },
        new("load-refusal", "what a QEMU says that refuses a state", Refusal, Seeds.LoadRefusals) { MaxBytes = 2048, MaxAllocatedBytes = TextBytes },
    ];

    private static string Text(ReadOnlySpan<byte> input) => Encoding.Latin1.GetString(input);

    private static void CommandLine(ReadOnlySpan<byte> input)
    {
        QemuCommandLine line = QemuCommandLine.Parse(Text(input).Split('\0'));
        string[] arguments = [line.Program, .. line.ToArguments()];
        QemuCommandLine again = QemuCommandLine.Parse(arguments);
        Promise.That(again.Options.SequenceEqual(line.Options), "command line: what is written reads as the same");
        _ = line.MachineType;
        _ = line.Accelerators;
        _ = line.MemoryBytes;
        _ = line.RtcClock;
        foreach ((DiskAnchor anchor, string path, _) in new CommandLineDisks(line).Files("/srv"))
            Promise.That(anchor.Name is not null && path.Length > 0, "command line: a disk has a file");
        foreach (QemuOption option in line.Options)
            CheckValue(option.Text);
    }

    private static void CheckValue(string text)
    {
        OptionValue value = OptionValue.Parse(text, "implied");
        string written = value.ToString();
        OptionValue same = OptionValue.Parse(written, "implied");
        Promise.That(same.ToString() == written, "option value: what is written is written again", written);
        foreach (string name in value.Names.ToList())
            Promise.That(same.Text(name) == value.Text(name), "option value: what is written reads as the same", $"{name} of {text}");
        value.Set("added", "a,b=c");
        Promise.That(OptionValue.Parse(value.ToString(), "implied").Text("added") == "a,b=c", "option value: what is set is there", value.ToString());
    }

    private static void Rebuild(ReadOnlySpan<byte> input)
    {
        RebuiltCommandLine rebuilt = CommandLineRebuild.Rebuild(new RebuildRequest
        {
            RecordedArguments = Text(input).Split('\0'),
            RecordedWorkingDirectory = "/nowhere",
            RunDirectory = "/nowhere/run",
            MonitorDescriptor = 3,
            MachineType = "pc-i440fx-7.2",
            Accelerator = "tcg",
            Lazy = input.Length % 2 == 0,
        });
        Promise.That(rebuilt.Arguments.Contains("-incoming"), "rebuild: the guest is waited for");
        Promise.That(rebuilt.Arguments.Contains("chardev=savevm-mon,mode=control"), "rebuild: our monitor is there");
    }

    private static void Configuration(ReadOnlySpan<byte> input)
    {
        foreach (QemuOption option in ConfigurationFile.Parse(Text(input)))
            Promise.That(option.Name.Length > 0, "configuration file: an option has a name");
    }

    private static void Set(ReadOnlySpan<byte> input)
    {
        Setting setting = Setting.Parse(Text(input));
        Promise.That(OptionTable.IsKnown(setting.Option), "setting: the option is known");
        _ = SettingPreview.Of(["qemu", "-m", "1G", "-netdev", "user,id=n0", "-device", "e1000,id=e0,netdev=n0"], [setting]);
    }

    private static void Message(ReadOnlySpan<byte> input)
    {
        if (!CheckedJson.TryParse(input, out JsonObject? message, out string? defect))
        {
            Promise.That(defect.Length > 0, "qmp message: a refusal says why");
            return;
        }
        Visit(message, 0);
        _ = QmpGreeting.Parse(message);
    }

    /// <summary>Whoever reads an answer later must not be surprised.</summary>
    private static void Visit(JsonNode? node, int depth)
    {
        foreach (JsonNode item in node.Items())
            Visit(item, depth + 1);
        foreach (string name in (string[])["", "id", "return", "error", "data", "x"])
        {
            _ = node.Text(name);
            _ = node.NumberOrNull(name);
            _ = node.Flag(name);
            _ = node.Real(name);
        }
        if (node is JsonObject members)
        {
            foreach ((_, JsonNode? member) in members)
                Visit(member, depth + 1);
        }
        Promise.That(depth < 128, "qmp message: nesting is bounded");
    }

    private static void Graph(ReadOnlySpan<byte> input)
    {
        if (!CheckedJson.TryParse(input, out JsonObject? answers, out _))
            return;
        IReadOnlyList<AttachedDisk> disks = BlockGraph.Parse([.. BlockGraph.Questions.Select(question => answers[question.Name])], "/srv");
        var line = new CommandLineDisks(QemuCommandLine.Parse(["qemu", "-drive", "file=a,id=virtio0", "-blockdev", "file,node-name=n0,filename=b"]));
        foreach (AttachedDisk disk in disks)
        {
            _ = line.AnchorOf(disk);
            _ = disk.Root?.WithDescendants().Count();
        }
    }

    private static void MonitorText(ReadOnlySpan<byte> input)
    {
        string text = Text(input);
        foreach (RamBlockFact block in RamBlockText.Parse(text))
            Promise.That(block.Name.Length > 0, "monitor text: a block has a name");
        _ = NetworkBackendText.Parse(text).Count;
        _ = DeviceTreeText.Parse(text).Count;
        _ = SizeText.Parse(text, 1);
    }

    private static void Refusal(ReadOnlySpan<byte> input)
    {
        LoadRefusal? refusal = LoadRefusal.Read(Text(input).Split('\n'));
        Promise.That(refusal is null || refusal.Line is not null, "load refusal: names a line");
    }
}
