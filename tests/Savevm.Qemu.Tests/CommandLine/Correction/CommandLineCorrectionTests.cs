using System.Text.Json.Nodes;
using Savevm.Qemu.CommandLine.Correction;
using Savevm.Qemu.Facts;

namespace Savevm.Qemu.Tests.CommandLine.Correction;

public sealed class CommandLineCorrectionTests
{
    private const string Base = "-machine q35 -m 64 -nodefaults";

    [Fact]
    public void What_did_not_change_is_not_touched()
    {
        var line = Correct("-M pc --device virtio-net,id=net0 -device e1000", Plugged("net0", "virtio-net-pci"), Plugged(0, "e1000"));
        Assert.False(line.IsCorrected);
        Assert.Equal("-M pc --device virtio-net,id=net0 -device e1000", Text(line));
        Assert.Empty(line.Corrections);
        Assert.Empty(line.Notes);
    }

    [Fact]
    public void A_device_that_was_plugged_in_is_added_behind_the_one_that_has_its_bus()
    {
        var line = Correct(
            Base,
            Hot("a-port", "virtserialport", "vser.0", "/machine/peripheral/z-serial/virtio-backend", ("nr", 3), ("chardev", "c,1")),
            Hot("z-serial", "virtio-serial-pci", "pci.0", "/machine/q35", ("addr", "04.0"), ("event_idx", false)));
        Assert.Equal(
            $"{Base.Replace("-machine q35", "-machine q35")} -device virtio-serial-pci,id=z-serial,bus=pci.0,addr=04.0,event_idx=off -device virtserialport,id=a-port,bus=vser.0,nr=3,chardev=c,,1",
            Text(line));
        Assert.Equal(["the device z-serial (virtio-serial-pci) was plugged in while the guest ran", "the device a-port (virtserialport) was plugged in while the guest ran"], line.Corrections);
        Assert.Equal(Base, string.Join(' ', line.AsStarted.Skip(1)));
    }

    [Fact]
    public void One_with_a_list_among_its_properties_is_written_as_JSON()
    {
        var hot = Hot("blk", "virtio-blk-pci", "pci.0", "/machine/q35") with
        {
            Properties = new Dictionary<string, JsonNode> { ["iothread-vq-mapping"] = JsonNode.Parse("""[{"iothread": "io0"}]""")!, ["drive"] = "hd" },
        };
        Assert.EndsWith(
            """-device {"driver":"virtio-blk-pci","id":"blk","bus":"pci.0","iothread-vq-mapping":[{"iothread":"io0"}],"drive":"hd"}""",
            Text(Correct(Base, hot)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_that_was_unplugged_goes_and_the_others_stay_where_they_were()
    {
        var places = DeviceTreeText.Parse("""
            bus: pci.0
              type PCI
              dev: virtio-balloon-pci, id "ball"
                addr = 06.0
              dev: e1000, id ""
                addr = 05.0
              dev: virtio-rng-pci, id "rng"
                addr = 03.0
            """);
        var line = Correct(
            "-device virtio-rng-pci,id=rng,addr=3 -device virtio-net-pci,id=net0,netdev=n0 -device e1000 -device {\"driver\":\"virtio-balloon\",\"id\":\"ball\"}",
            parts => parts with { Places = places, Devices = [Plugged("rng", "virtio-rng-pci"), Plugged(0, "e1000"), Plugged("ball", "virtio-balloon-pci")] });
        Assert.Equal(
            "-device virtio-rng-pci,id=rng,addr=3,bus=pci.0 -device e1000,addr=05.0,bus=pci.0 -device {\"driver\":\"virtio-balloon\",\"id\":\"ball\",\"addr\":\"06.0\",\"bus\":\"pci.0\"}",
            Text(line));
        Assert.Equal(["the device net0 was unplugged while the guest ran"], line.Corrections);
    }

    [Fact]
    public void One_that_was_replaced_under_its_id_is_the_new_one()
    {
        var line = Correct("-device e1000,id=n -netdev user,id=u", Hot("n", "virtio-net-pci", "pci.0", "/machine/q35", ("netdev", "u")));
        Assert.Equal("-netdev user,id=u -device virtio-net-pci,id=n,bus=pci.0,netdev=u", Text(line));
    }

    [Fact]
    public void Without_an_id_devices_are_told_apart_by_their_numbers()
    {
        const string Line = "-device e1000,mac=1 -device virtio-rng -device e1000,mac=2 -device e1000,mac=3";
        Assert.Equal(
            "-device virtio-rng -device e1000,mac=2 -device e1000,mac=3",
            Text(Correct(Line, Plugged(1, "virtio-rng-pci"), Plugged(2, "e1000"), Plugged(3, "e1000"))));

        // What other options make has numbers as well; as long as there are as many as there were options, none is missing.
        Assert.Equal(
            $"{Line} -device usb-kbd,bus=usb.0",
            Text(Correct(
                Line, Plugged(0, "virtio-9p-pci"), Plugged(1, "e1000"), Plugged(2, "virtio-rng-pci"), Plugged(3, "e1000"), Plugged(4, "e1000"),
                new PluggedDeviceFact("/machine/peripheral-anon/device[5]", null, "usb-kbd", true) { Bus = "usb.0" })));
    }

    [Fact]
    public void A_standby_device_that_the_guest_has_not_taken_yet_stays() =>
        Assert.False(Correct("-device virtio-net-pci,id=a,failover=on -device e1000,id=b,failover_pair_id=a", Plugged("a", "virtio-net-pci")).IsCorrected);

    [Fact]
    public void Memory_that_was_plugged_in_has_the_same_slot_and_address()
    {
        var line = Correct("-m 64,slots=4,maxmem=1G", parts => parts with
        {
            Objects =
            [
                new("pc.ram", "memory-backend-ram"),
                new("mem1", "memory-backend-memfd") { Properties = new Dictionary<string, JsonNode> { ["size"] = 67108864, ["share"] = true, ["host-nodes"] = new JsonArray(0, 1) } },
            ],
            Devices = [Hot("dimm1", "pc-dimm", null, null, ("memdev", "mem1"), ("addr", 4294967296), ("slot", 2))],
        });
        Assert.Equal(
            """-m 64,slots=4,maxmem=1G -object {"qom-type":"memory-backend-memfd","id":"mem1","size":67108864,"share":true,"host-nodes":[0,1]} -device pc-dimm,id=dimm1,memdev=mem1,addr=4294967296,slot=2""",
            Text(line));
    }

    [Fact]
    public void Objects_come_and_go_and_secrets_are_never_written_down()
    {
        var line = Correct(
            "-object iothread,id=io0 -object rng-random,id=rng0,filename=/dev/random -object secret,id=s0,data=letmein",
            parts => parts with
            {
                Objects =
                [
                    new("rng0", "rng-random"), new("s0", "secret"), new("late", "secret"), new("odd", "throttle-group"),
                    new("io1", "iothread") { Properties = new Dictionary<string, JsonNode> { ["poll-max-ns"] = 0 } },
                ],
            });
        Assert.Equal("-object rng-random,id=rng0,filename=/dev/random -object secret,id=s0 -object iothread,id=io1,poll-max-ns=0", Text(line));
        Assert.DoesNotContain("letmein", string.Join(' ', line.AsStarted.Concat(line.Corrections).Concat(line.Notes)), StringComparison.Ordinal);
        Assert.Contains(line.Notes, note => note.StartsWith("the data of -object s0 is a secret", StringComparison.Ordinal));
        Assert.Contains(line.Notes, note => note.StartsWith("a resume will need your own command line after --: the secret s0 was not recorded", StringComparison.Ordinal));
        Assert.Contains(line.Notes, note => note.StartsWith("the secret late was added", StringComparison.Ordinal));
        Assert.Contains(line.Notes, note => note.StartsWith("the object odd (throttle-group) was added", StringComparison.Ordinal));
    }

    [Fact]
    public void Network_backends_come_and_go()
    {
        var line = Correct(
            "-netdev user,id=old -device e1000,id=nic,netdev=old -nic user",
            parts => parts with
            {
                Devices = [Plugged("nic", "e1000")],
                NetworkBackends =
                [
                    new("__org.qemu.net0", "user", "net=10.0.2.0,restrict=off"), new("#net1", "user", ""), new("u", "user", "net=10.0.2.0,restrict=off"),
                    new("v", "user", "net=192.168.7.0,restrict=on"), new("t", "tap", "ifname=tap7,script=no,downscript=no"), new("s", "stream", "listening"),
                ],
            });
        Assert.Equal(
            "-device e1000,id=nic -nic user -netdev user,id=u -netdev user,id=v,net=192.168.7.0/24,restrict=on -netdev tap,id=t,ifname=tap7,script=no,downscript=no -netdev user,id=s",
            Text(line));
        Assert.Contains(line.Notes, note => note.StartsWith("the network backend s (stream) was added", StringComparison.Ordinal));
        Assert.DoesNotContain(line.Notes, note => note.Contains("backend u", StringComparison.Ordinal));
    }

    [Fact]
    public void Character_devices_come_and_go()
    {
        var line = Correct(
            "-chardev socket,id=gone,path=/g,server=on -mon chardev=gone,mode=control -chardev null,id=stays -serial chardev:stays -qmp unix:/q,server=on,wait=off",
            parts => parts with
            {
                CharacterDevices =
                [
                    new("stays", "null", "null"), new("compat_monitor0", "socket", "unix:/q,server=on"), new("serial0", "vc", "vc"), new("stays-base", "stdio", "stdio"),
                    new("c1", "socket", "disconnected:unix:/run/a, b,server=on"), new("c2", "socket", "tcp:127.0.0.1:4000,server=on <-> 127.0.0.1:55"),
                    new("c3", "socket", "unix:/run/peer"), new("c4", "ringbuf", "ringbuf"), new("c5", "file", "file"),
                ],
            });
        Assert.Equal(
            "-chardev null,id=stays -serial chardev:stays -qmp unix:/q,server=on,wait=off -chardev socket,id=c1,path=/run/a,, b,server=on,wait=off "
            + "-chardev socket,id=c2,host=127.0.0.1,port=4000,server=on,wait=off -chardev socket,id=c3,path=/run/peer -chardev ringbuf,id=c4 -chardev null,id=c5",
            Text(line));
    }

    [Fact]
    public void A_machine_that_did_not_answer_is_not_corrected_by_what_it_did_not_say() =>
        Assert.False(Correct("-device e1000,id=a -object iothread,id=b", parts => parts with { IsComplete = false }).IsCorrected);

    [Fact]
    public void What_a_resume_will_not_be_able_to_have_again_is_said_at_once()
    {
        var line = Correct("-netdev tap,id=hn0,fd=23 -add-fd fd=3,set=1", parts => parts with { NetworkBackends = [new("hn0", "tap", "fd=23")] });
        Assert.False(line.IsCorrected);
        Assert.Contains(line.Notes, note => note.StartsWith("a resume will need your own command line after --: the network backend hn0 uses fd=23", StringComparison.Ordinal));
        Assert.Contains(line.Notes, note => note.Contains("-add-fd fd=3,set=1", StringComparison.Ordinal));
    }

    [Fact]
    public void A_configuration_file_is_written_out_as_options()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["guest.cfg"], """
            # made by hand
            [device "net0"]
              driver = "virtio-net-pci"
              netdev = "n,0"
            [device "gone"]
              driver = "e1000"
            [memory]
              size = "64M"
            [machine]
              type = "q35"
            """);
        var line = Correct("-nodefaults -readconfig guest.cfg", parts => parts with { Devices = [Plugged("net0", "virtio-net-pci")] }, Path.GetDirectoryName(folder["x"])!);
        Assert.Equal("-nodefaults -device id=net0,driver=virtio-net-pci,netdev=n,,0 -m size=64M -machine type=q35", Text(line));
        Assert.Equal(["the configuration file guest.cfg was written out as options", "the device gone was unplugged while the guest ran"], line.Corrections);
        var unread = Correct("-readconfig /nowhere.cfg", parts => parts);
        Assert.False(unread.IsCorrected);
        Assert.Contains(unread.Notes, note => note.Contains("/nowhere.cfg could not be read", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("-netdev user,id=a", new uint[] { 0 }, "-netdev user,id=a")]
    [InlineData("-netdev user,id=a", new uint[] { 2 }, "-netdev user,id=savevm-idle0,restrict=on -netdev user,id=savevm-idle1,restrict=on -netdev user,id=a")]
    [InlineData("-netdev user,id=a -netdev tap,id=t -netdev user,id=b", new uint[] { 0, 2 }, "-netdev user,id=a -netdev tap,id=t -netdev user,id=savevm-idle1,restrict=on -netdev user,id=b")]
    [InlineData("-nic user", new uint[] { 1 }, "-nic user -netdev user,id=savevm-idle0,restrict=on")]
    [InlineData("-netdev user,id=a -netdev user,id=b", new uint[] { 0, 0 }, "-netdev user,id=a -netdev user,id=b")]
    [InlineData("-netdev user,id=a -netdev user,id=b", new uint[] { 1 }, "-netdev user,id=a -netdev user,id=b")]
    [InlineData("-netdev user,id=a", new uint[] { 4000000000 }, "-netdev user,id=a")]
    public void Idle_backends_stand_in_where_the_state_counts_more_than_there_are(string given, uint[] numbers, string expected)
    {
        string[] words = ["qemu", .. given.Split(' ')];
        var fitted = CommandLineCorrection.Fit(new CorrectedCommandLine(words, words, [], []), numbers.Select(number => ("slirp", number)).Append(("timer", 7u)));
        Assert.Equal(expected, Text(fitted));
        Assert.Equal(expected == given ? 0 : 1, fitted.Corrections.Count);
    }

    [Fact]
    public void Another_emulator_gets_no_property_that_it_does_not_know()
    {
        string[] started = ["qemu", "-device", "e1000,id=a,new=1"];
        string[] corrected = [.. started, "-device", "virtio-net-pci,id=b,bus=pci.0,addr=04.0,mac=x,host_uso=off"];
        Assert.Equal(["virtio-net-pci"], AddedDevices.Models(corrected, started));
        Assert.Empty(AddedDevices.Models(started, []));
        var notes = new List<string>();
        var older = new EmulatorFacts
        {
            Path = "/q",
            Version = "7.2.0",
            ModelProperties = new Dictionary<string, IReadOnlySet<string>> { ["virtio-net-pci"] = new HashSet<string> { "mac", "addr" }, ["e1000"] = new HashSet<string> { "mac" } },
        };
        Assert.Equal([.. started, "-device", "virtio-net-pci,id=b,bus=pci.0,addr=04.0,mac=x"], AddedDevices.Fit(corrected, started, older, notes));
        Assert.Equal(["the device b is started without host_uso, which QEMU 7.2.0 does not know"], notes);
    }

    private static string Text(CorrectedCommandLine line) => string.Join(' ', line.Arguments.Skip(1));

    private static CorrectedCommandLine Correct(string started, params PluggedDeviceFact[] devices) => Correct(started, parts => parts with { Devices = devices });

    private static CorrectedCommandLine Correct(string started, Func<MachinePartsFact, MachinePartsFact> with, string folder = "/home/user")
    {
        // What the options make is there unless a test says otherwise.
        string[] words = ["qemu-system-x86_64", .. started.Split(' ')];
        var process = new HostProcessFact(1, 1, "/usr/bin/qemu-system-x86_64", words, folder, new Dictionary<string, string>());
        var line = StartedCommandLine.Read(process)!;
        var usual = new MachinePartsFact
        {
            IsComplete = true,
            Objects = [.. line.Ids("object", "qom-type").Select(id => new LiveObjectFact(id, "iothread"))],
            NetworkBackends = [.. line.Ids("netdev", "type").Select(id => new NetworkBackendFact(id, "user", string.Empty))],
            CharacterDevices = [.. line.Ids("chardev", "backend").Select(id => new CharacterDeviceFact(id, "null", "null"))],
        };
        return CommandLineCorrection.Correct(new QemuFacts
        {
            Version = "10.0.2",
            MachineType = "pc-q35-10.0",
            Accelerator = "tcg",
            MemoryBytes = 64 << 20,
            RunState = "running",
            IsRunning = true,
            MainRamBackend = "pc.ram",
            Process = process,
            Parts = with(usual),
        });
    }

    private static PluggedDeviceFact Plugged(string id, string type) => new($"/machine/peripheral/{id}", id, type, false);

    private static PluggedDeviceFact Plugged(int number, string type) => new(FormattableString.Invariant($"/machine/peripheral-anon/device[{number}]"), null, type, false);

    private static PluggedDeviceFact Hot(string id, string type, string? bus, string? owner, params (string Name, JsonNode Value)[] properties) =>
        new($"/machine/peripheral/{id}", id, type, true) { Bus = bus, BusOwner = owner, Properties = properties.ToDictionary(property => property.Name, property => property.Value) };
}
