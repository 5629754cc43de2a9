using System.Collections.Frozen;
using Savevm.Qemu.CommandLine.Settings;

namespace Savevm.Qemu.CommandLine;

/// <summary>
/// Makes, from the command line of a QEMU that ran (or still runs), one for a second QEMU with the same machine: same devices, same
/// order; fresh sockets, logs, ports and pid file; our monitor and an incoming migration added.
/// </summary>
public sealed class CommandLineRebuild
{
    /// <summary>The ids of our own monitor's character device on a command line that was made here.</summary>
    internal const string MonitorId = "savevm-mon";

    // What happens to each option; those not named stay as they are.
    private static readonly FrozenDictionary<string, Func<CommandLineRebuild, string, string?>> Rules =
        new Dictionary<string, Func<CommandLineRebuild, string, string?>>
        {
            ["incoming"] = static (_, _) => null,
            ["loadvm"] = static (_, _) => null,
            ["S"] = static (_, _) => null,
            ["daemonize"] = static (_, _) => null,
            ["qtest"] = static (_, _) => null,
            ["qtest-log"] = static (_, _) => null,
            ["writeconfig"] = static (_, _) => null,
            ["pidfile"] = static (self, value) => self._state.Fresh("pid", self._state.Full(value)),
            ["D"] = static (self, value) => self._state.Fresh("qemu.log", self._state.Full(value)),
            ["trace"] = static (self, value) => self.Redirected(value, "enable", "file", "trace"),
            ["chardev"] = static (self, value) => self.Chardev(value),
            ["mon"] = static (_, value) => OptionValue.Parse(value, "chardev").Text("chardev") == MonitorId ? null : value,
            ["serial"] = static (self, value) => CharacterDeviceRebuild.Legacy(value, self.Numbered("serial"), self._state),
            ["parallel"] = static (self, value) => CharacterDeviceRebuild.Legacy(value, self.Numbered("parallel"), self._state),
            ["debugcon"] = static (self, value) => CharacterDeviceRebuild.Legacy(value, "debugcon", self._state),
            ["monitor"] = static (self, value) => CharacterDeviceRebuild.Legacy(value, self.Numbered("monitor"), self._state),
            ["qmp"] = static (self, value) => self.Qmp(value),
            ["qmp-pretty"] = static (self, value) => self.Qmp(value),
            ["gdb"] = static (self, value) => self.Gdb(value),
            ["s"] = static (self, _) => self.Gdb("tcp::1234"),
            ["vnc"] = static (self, value) => DisplayRebuild.Vnc(value, self._state),
            ["spice"] = static (self, value) => DisplayRebuild.Spice(value, self._state),
            ["display"] = static (self, value) => DisplayRebuild.Display(value, self._state),
            ["curses"] = static (self, _) => self.NoWindow("-curses"),
            ["sdl"] = static (self, _) => self.NoWindow("-sdl"),
            ["full-screen"] = static (_, _) => null,
            ["netdev"] = static (self, value) => NetworkRebuild.Backend(value, self._state),
            ["nic"] = static (self, value) => NetworkRebuild.Backend(value, self._state),
            ["net"] = static (self, value) => NetworkRebuild.Backend(value, self._state),
            ["device"] = static (self, value) => self.Device(value),
            ["global"] = static (_, value) => CloneRebuild.Global(value),
            ["name"] = static (self, value) => CloneRebuild.Name(value, self._state),
            ["audiodev"] = static (self, value) => self.Redirected(value, "driver", "path", "audio.wav"),
            ["overcommit"] = static (self, value) => MemoryRebuild.Overcommit(value, self._state),
            ["add-fd"] = static (self, value) => self.Refused($"-add-fd {value} hands over a descriptor that QEMU inherited"),
            ["preconfig"] = static (self, _) => self.Refused("-preconfig waits for commands that were not recorded"),
            ["object"] = static (self, value) => self.Object(value),
            ["machine"] = static (self, value) => self.Machine(value),
            ["accel"] = static (self, value) => self.Accel(value),
            ["enable-kvm"] = static (self, _) => self._state.Request.Accelerator is null ? string.Empty : null,
            ["mem-path"] = static (self, value) => self.MemPath(value),
            ["mem-prealloc"] = static (self, _) => self.MemPrealloc(),
        }.ToFrozenDictionary();

    // What concerns the machine and the migration: done to a user's own command line as well.
    private static readonly FrozenSet<string> MachineOptions =
        new[] { "incoming", "loadvm", "S", "daemonize", "object", "machine", "accel", "enable-kvm", "mem-path", "mem-prealloc", "overcommit" }.ToFrozenSet();

    private readonly QemuCommandLine _recorded;
    private readonly RebuildState _state;
    private readonly DiskRebuild _disks;
    private readonly SettingPass _settings;
    private readonly List<QemuOption> _options = [];
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly HashSet<string> _mapped = new(StringComparer.Ordinal);
    private string? _userMonitor;
    private bool _windowDropped;

    private CommandLineRebuild(RebuildRequest request)
    {
        _recorded = QemuCommandLine.Parse(request.RecordedArguments);
        _state = new RebuildState(request);
        _disks = new DiskRebuild(_recorded, _state);
        _settings = new SettingPass(_recorded, request.Settings, request.CloneNumber ?? 1);
    }

    /// <summary>Rebuilds a command line. Starts and creates nothing; a free port is looked up where one is needed.</summary>
    /// <exception cref="CommandLineRefusedException">Something in it cannot be had a second time; every obstacle is named.</exception>
    public static RebuiltCommandLine Rebuild(RebuildRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new CommandLineRebuild(request).Run();
    }

    private RebuiltCommandLine Run()
    {
        foreach (var (index, option) in _recorded.Options.Index())
        {
            var made = _settings.Before(index, option) is { } seen && _disks.Replace(seen) is { } known ? Made(known) : null;
            if (_settings.After(index, option, made, _state.Replaced) is { } wanted)
            {
                _options.Add(wanted);
            }
        }

        _options.AddRange(_settings.Added());
        AddMemory();
        AddMachine();
        if (!_state.Request.KeepAddresses)
        {
            AddConsole();
            CloneRebuild.TellSharedState(_recorded, _state);
        }

        _options.AddRange(_disks.Added());
        AddControl();
        if (_state.Refusals.Count > 0)
        {
            throw new CommandLineRefusedException("the recorded command line cannot be started again", _state.Refusals);
        }

        return new RebuiltCommandLine(
            [.. _options.SelectMany(option => option.ToArguments())],
            _state.Request.RecordedWorkingDirectory,
            _state.Replaced,
            _state.Notes,
            _userMonitor)
        {
            GuestName = _options.LastOrDefault(option => option.Name == "name") is { } name ? OptionValue.Parse(name.Text, "guest").Text("guest") : null,
        };
    }

    /// <summary>What the rules make of an option; null where it is left out.</summary>
    private QemuOption? Made(QemuOption option)
    {
        if (option.Text.Contains("/dev/fdset/", StringComparison.Ordinal))
        {
            _state.Refuse($"-{option.Name} {option.Text} uses a descriptor that QEMU inherited");
        }

        if ((_state.Request.KeepAddresses && !MachineOptions.Contains(option.Name)) || !Rules.TryGetValue(option.Name, out var rule))
        {
            return option;
        }

        return rule(this, option.Text) is not { } value ? null
            : option.Name == "s" ? new QemuOption("gdb", value)
            : option with { Value = option.Value is null ? null : value };
    }

    private void AddMemory()
    {
        if (MemoryRebuild.Main(_recorded, _mapped, _state) is { } main)
        {
            _options.Add(main.Object);
            _options.Add(new QemuOption("machine", "memory-backend=" + OptionValue.Escape(main.Id)));
        }

        foreach (string block in _state.Request.Images?.Keys ?? [])
        {
            if (!_mapped.Contains(block))
            {
                _state.Refuse($"no memory of the recorded command line makes the RAM block {block}");
            }
        }
    }

    private void AddMachine()
    {
        var request = _state.Request;
        if (request.MachineType is { } type && _recorded.MachineType is null)
        {
            _options.Add(new QemuOption("machine", "type=" + type));
        }

        if (request.Accelerator is { } accelerator && !_options.Any(option => option.Name == "accel"))
        {
            _options.Add(new QemuOption("accel", accelerator));
        }
    }

    private void AddConsole()
    {
        bool ownDefaults = !_recorded.Has("nodefaults") && !_recorded.Has("serial") &&
            !_recorded.All("device").Any(device => device.Text.Contains("serial", StringComparison.Ordinal));
        if (_recorded.Has("nographic"))
        {
            // Its serial port would talk to our terminal. Kept all the same: the guest's firmware sees that there is no screen.
            if (ownDefaults)
            {
                _options.Add(new QemuOption("serial", "mon:" + CharacterDeviceRebuild.Unix(_state.Fresh("serial0", "stdio"))));
            }
        }
        else if (!_settings.Has("display") && (_windowDropped || !(_recorded.Has("display") || _recorded.Has("vnc") || _recorded.Has("spice"))))
        {
            _options.Add(new QemuOption("display", "none"));
        }

        if (!_recorded.Has("name") && !_settings.Has("name", "guest") && CloneRebuild.MissingName(_state) is { } name)
        {
            _options.Add(name);
        }
    }

    private void AddControl()
    {
        var request = _state.Request;
        if (request.UserMonitor && _userMonitor is null)
        {
            _userMonitor = _state.Fresh("qmp", null);
            _options.Add(new QemuOption("qmp", CharacterDeviceRebuild.Unix(_userMonitor)));
        }

        _options.Add(new QemuOption("chardev", FormattableString.Invariant($"socket,id={MonitorId},fd={request.MonitorDescriptor}")));
        _options.Add(new QemuOption("mon", $"chardev={MonitorId},mode=control"));
        if (request.StartPaused)
        {
            _options.Add(new QemuOption("S"));
        }

        if (request.Incoming)
        {
            _options.Add(new QemuOption("incoming", "defer"));
        }
    }

    private string Numbered(string stem)
    {
        int index = _counts.GetValueOrDefault(stem);
        _counts[stem] = index + 1;
        return FormattableString.Invariant($"{stem}{index}");
    }

    private string? Chardev(string text) =>
        OptionValue.Parse(text, "backend").Text("id") == MonitorId ? null : CharacterDeviceRebuild.Chardev(text, _state);

    private string? Qmp(string text)
    {
        string fresh = CharacterDeviceRebuild.Legacy(text, Numbered("qmp"), _state);
        if (_userMonitor is null && fresh != text && fresh.StartsWith("unix:", StringComparison.Ordinal))
        {
            _userMonitor = OptionValue.Parse(fresh["unix:".Length..], "path").Text("path");
        }

        return fresh;
    }

    private string Gdb(string text)
    {
        // A gdb stub listens unless it is told otherwise.
        string listening = text.Contains("server", StringComparison.Ordinal) || !text.Contains(':', StringComparison.Ordinal) ? text : text + ",server=on";
        return CharacterDeviceRebuild.Legacy(listening, "gdb", _state);
    }

    private string? NoWindow(string option)
    {
        _windowDropped = true;
        _state.Note($"{option} was left out: the resumed guest has no window");
        return null;
    }

    private string? Refused(string reason)
    {
        _state.Refuse(reason);
        return null;
    }

    private string Device(string text)
    {
        var value = OptionValue.Parse(text, "driver");
        foreach (string name in (ReadOnlySpan<string>)["fd", "vhostfd"])
        {
            if (value.Text(name) is { } number)
            {
                _state.Refuse($"the device {value.Text("id") ?? value.Text("driver")} uses {name}={number}, a descriptor that QEMU inherited from whoever started it");
            }
        }

        return CloneRebuild.Device(value, _state) ? value.ToString() : text;
    }

    private string Object(string text)
    {
        var value = OptionValue.Parse(text, "qom-type");
        string type = value.Text("qom-type") ?? string.Empty;
        if (type.StartsWith("memory-backend-", StringComparison.Ordinal) && type != "memory-backend-epc")
        {
            return MemoryRebuild.Backend(value, _mapped, _state);
        }

        if (type == "secret" && value.Text("data") is null && value.Text("file") is null)
        {
            _state.Refuse($"the secret {value.Text("id")} was not recorded; one that is kept in a file would be found again");
        }

        if (type == "filter-dump")
        {
            CharacterDeviceRebuild.Redirect(value, "file", (value.Text("id") ?? "dump") + ".pcap", _state);
            return value.ToString();
        }

        return text;
    }

    private string? Machine(string text)
    {
        var value = OptionValue.Parse(text, "type");
        if (_state.Request.MachineType is { } type && value.Text("type") is not null)
        {
            value.Set("type", type);
        }

        if (_state.Request.Accelerator is not null)
        {
            value.Remove("accel");
        }

        // "-machine accel=kvm" has nothing left.
        string rest = value.ToString();
        return rest.Length == 0 ? null : rest;
    }

    // Several -accel are alternatives; the one that was in use is the only one whose state loads.
    private string? Accel(string text) =>
        _state.Request.Accelerator is { } wanted && OptionValue.Parse(text, "accel").Text("accel") != wanted ? null : text;

    private string? MemPath(string path)
    {
        bool isFolder = Directory.Exists(_state.Full(path));
        if (isFolder && _state.Request.Images is null && !(_state.Request.Lazy && !MemoryRebuild.TakesPagesOnDemand(_state.Full(path))))
        {
            return path;
        }

        string why = !isFolder ? "the resumed guest's RAM is its own"
            : _state.Request.Images is null ? "QEMU takes no pages on demand into files there"
            : MemoryRebuild.IsHuge(_state.Full(path)) ? "a clone's memory is mapped from its image, in ordinary pages instead of huge ones"
            : "a clone's memory is mapped from its image";
        _state.Note($"-mem-path {path} was left out: {why}");
        return null;
    }

    private string? MemPrealloc()
    {
        if (!_state.Request.RamIsDemandLoaded)
        {
            return string.Empty;
        }

        _state.Note("-mem-prealloc was left out: the guest's pages come on demand");
        return null;
    }

    private string Redirected(string text, string implied, string property, string stem)
    {
        var value = OptionValue.Parse(text, implied);
        CharacterDeviceRebuild.Redirect(value, property, stem, _state);
        return value.ToString();
    }
}
