using Savevm.Qemu.CommandLine;
using Savevm.Qemu.CommandLine.Settings;

namespace Savevm.Qemu.Tests.CommandLine.Settings;

public sealed class SettingTests
{
    private const string Line =
        "-name fedora -machine q35,memory-backend=pc.ram -object memory-backend-ram,id=pc.ram,size=64M -m 64 -display none " +
        "-chardev socket,id=ser0,path=/s,server=on -chardev null,id=nul -serial chardev:ser0 -netdev user,id=net0,hostfwd=tcp::2222-:22,restrict=on " +
        "-device virtio-net-pci,netdev=net0,id=nic0,mac=52:54:00:12:34:56 -device virtio-rng-pci -drive file=a.img,if=none,id=d0 -rtc base=utc,clock=vm";

    // What the setting changes; {n} is 3 here.
    [Theory]
    [InlineData("rtc.base=2030-01-01T00:00:00", "-rtc base=2030-01-01T00:00:00,clock=vm ")]
    [InlineData("rtc=base=localtime", "-rtc base=localtime ")]
    [InlineData("name=web{n}", "-name web{n} ")]
    [InlineData("name.guest=web{n}", "-name web{n} ")]
    [InlineData("name.debug-threads=on", "-name fedora-{n},debug-threads=on ")]
    [InlineData("chardev.ser0.path=/tmp/ser-{n}", "-chardev socket,id=ser0,path=/tmp/ser-{n},server=on,wait=off ")]
    [InlineData("chardev.ser0.path=/a,b", "-chardev socket,id=ser0,path=/a,,b,server=on,wait=off ")]
    [InlineData("netdev.net0.hostfwd=tcp::22{n}-:22", "-netdev user,id=net0,restrict=on,hostfwd=tcp::22{n}-:22 ")]
    [InlineData("netdev.net0.restrict=off", ",restrict=off ")]
    [InlineData("device.nic0.romfile=", "mac=52:54:00:12:34:56,romfile= ")]
    [InlineData("object.pc.ram.prealloc=on", "-object memory-backend-ram,id=pc.ram,size=64M,prealloc=on ")]
    [InlineData("drive.d0.file=/b{n}.img", "-drive file=/b{n}.img,if=none,id=d0 ")]
    [InlineData("machine.smm=off", "-machine q35,memory-backend=pc.ram,smm=off ")]
    [InlineData("M.smm=off", "-machine q35,memory-backend=pc.ram,smm=off ")]
    [InlineData("-m.maxmem=1G", "-m 64,maxmem=1G ")]
    [InlineData("vnc=:{n}", "-vnc :{n} ")]
    [InlineData("spice.port=59{n}", "-spice port=59{n} ")]
    [InlineData("display=gtk,gl=on", "-display gtk,gl=on ")]
    [InlineData("serial=null", "-serial null ")]
    [InlineData("snapshot=on", "-snapshot ")]
    [InlineData("global.virtio-rng-pci.max-bytes={n}", "-global virtio-rng-pci.max-bytes={n} ")]
    public void Changes_what_it_names_and_nothing_else(string setting, string expected)
    {
        string plain = Joined(Rebuild(Line));
        string changed = Joined(Rebuild(Line, setting));
        Assert.Contains(expected.Replace("{n}", "3", StringComparison.Ordinal), changed + " ", StringComparison.Ordinal);
        string[] lost = [.. plain.Split(" -").Except(changed.Split(" -")).Where(word => !word.StartsWith("netdev", StringComparison.Ordinal))];
        Assert.InRange(lost.Length, 0, 1);
    }

    [Fact]
    public void Several_values_of_a_property_that_may_occur_many_times_replace_the_recorded_ones_together()
    {
        string line = Joined(Rebuild(Line, "netdev.net0.hostfwd=tcp::22{n}-:22", "netdev.net0.hostfwd=udp::53{n}-:53"));
        Assert.Contains("-netdev user,id=net0,restrict=on,hostfwd=tcp::223-:22,hostfwd=udp::533-:53 ", line, StringComparison.Ordinal);
        Assert.DoesNotContain("2222", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Properties_in_json_keep_their_kind()
    {
        string[] recorded =
        [
            "-device", """{"driver":"pcie-root-port","port":16,"id":"pci.1","multifunction":true,"addr":"0x2"}""",
            "-netdev", """{"type":"user","id":"n0","hostfwd":[{"str":"tcp::1-:22"}]}""",
            "-netdev", """{"type":"stream","id":"n1","server":false,"addr":{"type":"unix","path":"/a"}}""",
        ];
        string line = Joined(Rebuild(
            recorded, "device.pci.1.port=17", "device.pci.1.multifunction=off", "netdev.n0.hostfwd=tcp::22{n}-:22", "netdev.n0.hostfwd=tcp::23{n}-:23", "netdev.n1.addr.path=/b{n}"));
        Assert.Contains("""{"driver":"pcie-root-port","port":17,"id":"pci.1","multifunction":false,"addr":"0x2"}""", line, StringComparison.Ordinal);
        Assert.Contains(""""hostfwd":[{"str":"tcp::223-:22"},{"str":"tcp::233-:23"}]}"""", line, StringComparison.Ordinal);
        Assert.Contains(""""addr":{"type":"unix","path":"/b3"}}"""", line, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_chosen_is_reported_as_the_place_of_the_recorded_socket()
    {
        var rebuilt = Rebuild(Line, "chardev.ser0.path=/tmp/ser-{n}");
        Assert.Equal("/tmp/ser-3", rebuilt.Replaced["/s"]);
        Assert.DoesNotContain("tcp::2222", Rebuild(Line, "netdev.net0.hostfwd=tcp::1-:22").Replaced.Keys);
        Assert.Equal("web3", Rebuild(Line, "name=web{n}").GuestName);
    }

    [Fact]
    public void Holds_for_a_users_own_command_line_too()
    {
        var rebuilt = Rebuild(Line.Split(' '), ["chardev.ser0.path=/x{n}"], keepAddresses: true);
        Assert.Contains("-chardev socket,id=ser0,path=/x3,server=on -chardev", Joined(rebuilt), StringComparison.Ordinal);
    }

    // What is wrong whatever the command line is.
    [Theory]
    [InlineData("rtc", "KEY=VALUE")]
    [InlineData("=x", "KEY=VALUE")]
    [InlineData("rtcc.base=utc", "-rtcc")]
    [InlineData("rtc.=utc", "rtc.")]
    [InlineData("netdev.net0.=x", "netdev.net0.")]
    [InlineData("incoming=tcp:0:1", "savevm brings the state itself")]
    [InlineData("S=on", "paused")]
    [InlineData("device=x", "3 options")]
    [InlineData("serial.path=/x", "no properties")]
    [InlineData("snapshot=yes", "takes no argument")]
    public void Refuses_as_wrong_usage(string setting, string word)
    {
        var refusal = Assert.Throws<SettingUsageException>(() => Rebuild(Line + " -device vmgenid", setting));
        Assert.Contains(word, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    // What there is instead is named.
    [InlineData("netdev.net1.hostfwd=tcp::1-:22", "netdev.net0")]
    [InlineData("chardev.ser1.path=/x", "chardev.ser0, chardev.nul")]
    [InlineData("object.pc.path=/x", "object.pc.ram")]
    [InlineData("tpmdev.t0.path=/x", "no -tpmdev")]
    public void Refuses_what_this_command_line_has_not(string setting, string existing)
    {
        var refusal = Assert.Throws<SettingRefusedException>(() => Rebuild(Line, setting));
        Assert.Contains(setting[..setting.IndexOf('=', StringComparison.Ordinal)], refusal.Message, StringComparison.Ordinal);
        Assert.Contains(existing, refusal.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("device.nic0.mac=52:54:00:00:00:0{n}", "MAC address")]
    [InlineData("nic.macaddr=52:54:00:00:00:0{n}", "MAC address")]
    [InlineData("uuid=8a2d3c8e-0c1e-4c9a-a1f0-0d7a0b6f1c2d", "uuid")]
    [InlineData("smbios=type=1,serial={n}", "SMBIOS")]
    [InlineData("append=quiet", "command line")]
    public void Refuses_what_lives_in_the_guests_own_state_with_the_reason(string setting, string state)
    {
        var refusal = Assert.Throws<SettingRefusedException>(() => Rebuild(Line, setting));
        Assert.Contains(state, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("inside the guest", refusal.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_the_option_that_was_probably_meant()
    {
        Assert.Contains("-rtc", Assert.Throws<SettingUsageException>(() => Setting.Parse("rtcc.base=utc")).Hint, StringComparison.Ordinal);
        Assert.Contains("-netdev", Assert.Throws<SettingUsageException>(() => Setting.Parse("netdef.a.b=c")).Hint, StringComparison.Ordinal);
        Assert.Null(Assert.Throws<SettingUsageException>(() => Setting.Parse("frobnicate=1")).Hint);
    }

    private static string Joined(RebuiltCommandLine line) => string.Join(' ', line.Arguments);

    private static RebuiltCommandLine Rebuild(string recorded, params string[] settings) => Rebuild(recorded.Split(' '), settings);

    private static RebuiltCommandLine Rebuild(string[] recorded, params string[] settings) => Rebuild(recorded, settings, keepAddresses: false);

    private static RebuiltCommandLine Rebuild(string[] recorded, string[] settings, bool keepAddresses) => CommandLineRebuild.Rebuild(new RebuildRequest
    {
        RecordedArguments = ["qemu-system-x86_64", .. recorded],
        RecordedWorkingDirectory = "/srv/u",
        RunDirectory = "/run/r",
        MonitorDescriptor = 3,
        KeepAddresses = keepAddresses,
        CloneNumber = 3,
        Settings = [.. settings.Select(Setting.Parse)],
    });
}
