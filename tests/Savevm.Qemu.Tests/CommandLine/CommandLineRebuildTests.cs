using System.Globalization;
using Savevm.Qemu.CommandLine;

namespace Savevm.Qemu.Tests.CommandLine;

public sealed class CommandLineRebuildTests
{
    private const string Control = "-chardev socket,id=savevm-mon,fd=3 -mon chardev=savevm-mon,mode=control -incoming defer";

    [Theory]
    // The demo's and the lab's guests.
    [InlineData(
        "-machine pc-i440fx-7.2 -accel tcg -m 64 -nodefaults -display none -chardev ringbuf,id=ticks,size=1048576 -serial chardev:ticks -qmp unix:/g/qmp,server=on,wait=off -qmp unix:lab,server,nowait -kernel t.bin",
        "-machine pc-i440fx-7.2 -accel tcg -m 64 -nodefaults -display none -chardev ringbuf,id=ticks,size=1048576 -serial chardev:ticks -qmp unix:/run/r/qmp0,server=on,wait=off -qmp unix:/run/r/qmp1,server=on,wait=off -kernel t.bin " + Control)]
    // Whatever told the first QEMU how to begin is not for the second.
    [InlineData(
        "-nodefaults -display none -S -incoming tcp:0:4444 -loadvm s1 -daemonize -pidfile /var/run/web.pid -D /tmp/q.log -qmp null",
        "-nodefaults -display none -pidfile /run/r/pid -D /run/r/qemu.log -qmp null -qmp unix:/run/r/qmp,server=on,wait=off " + Control)]
    // No display said: QEMU's default would open a window or a VNC port.
    [InlineData("-m 1G", "-m 1G -display none -qmp unix:/run/r/qmp,server=on,wait=off " + Control)]
    [InlineData(
        "-display gtk,gl=on -serial mon:stdio -monitor telnet::5555,server,nowait",
        "-display none -serial mon:unix:/run/r/serial0,server=on,wait=off -monitor unix:/run/r/monitor0,server=on,wait=off -qmp unix:/run/r/qmp,server=on,wait=off " + Control)]
    [InlineData("-sdl -full-screen", "-display none -qmp unix:/run/r/qmp,server=on,wait=off " + Control)]
    // The firmware sees -nographic, so it stays; the serial port it would put on our terminal gets a socket.
    [InlineData("-nographic disk.img", "-nographic disk.img -serial mon:unix:/run/r/serial0,server=on,wait=off -qmp unix:/run/r/qmp,server=on,wait=off " + Control)]
    [InlineData("-nographic -serial file:con.txt", "-nographic -serial file:/run/r/serial0.out -qmp unix:/run/r/qmp,server=on,wait=off " + Control)]
    [InlineData("-nographic -nodefaults", "-nographic -nodefaults -qmp unix:/run/r/qmp,server=on,wait=off " + Control)]
    [InlineData("-vnc :1,password=on,websocket=5701", "-vnc unix:/run/r/vnc,password=on -qmp unix:/run/r/qmp,server=on,wait=off " + Control)]
    [InlineData("-display vnc=127.0.0.1:0", "-display vnc=unix:/run/r/vnc -qmp unix:/run/r/qmp,server=on,wait=off " + Control)]
    [InlineData("-spice port=5900,addr=127.0.0.1,disable-ticketing=on", "-spice disable-ticketing=on,unix=on,addr=/run/r/spice -qmp unix:/run/r/qmp,server=on,wait=off " + Control)]
    [InlineData("-s -display none", "-gdb unix:/run/r/gdb,server=on,wait=off -display none -qmp unix:/run/r/qmp,server=on,wait=off " + Control)]
    [InlineData("-gdb tcp::9000 -display none", "-gdb unix:/run/r/gdb,server=on,wait=off -display none -qmp unix:/run/r/qmp,server=on,wait=off " + Control)]
    // Character devices: servers, files, terminals; not clients.
    [InlineData(
        "-display none -chardev socket,id=s0,host=0.0.0.0,port=4000,server=on,wait=on,telnet=on -chardev file,id=f0,path=out.txt,logfile=l.txt -chardev stdio,id=c0,mux=on,signal=off -chardev socket,id=tpm,path=/run/swtpm",
        "-display none -chardev socket,id=s0,server=on,wait=off,path=/run/r/s0 -chardev file,id=f0,path=/run/r/f0.out,logfile=/run/r/f0.log -chardev socket,id=c0,path=/run/r/c0,server=on,wait=off,mux=on -chardev socket,id=tpm,path=/run/swtpm -qmp unix:/run/r/qmp,server=on,wait=off " + Control)]
    // A command line that was made here before: our own monitor is not doubled.
    [InlineData(
        "-display none -qmp unix:/old/qmp,server=on,wait=off " + Control,
        "-display none -qmp unix:/run/r/qmp0,server=on,wait=off " + Control)]
    // RAM of the recorded guest is never mapped a second time.
    [InlineData(
        "-display none -object memory-backend-file,id=pc.ram,size=64M,mem-path=/dev/shm/x,share=on -machine pc,memory-backend=pc.ram",
        "-display none -object memory-backend-memfd,id=pc.ram,size=64M,share=on -machine pc,memory-backend=pc.ram -qmp unix:/run/r/qmp,server=on,wait=off " + Control)]
    [InlineData(
        "-display none -object memory-backend-file,id=pc.ram,size=64M,mem-path=/snap/ram,share=off,readonly=on,rom=off",
        "-display none -object memory-backend-ram,id=pc.ram,size=64M -qmp unix:/run/r/qmp,server=on,wait=off " + Control)]
    [InlineData("-display none -mem-path /dev/shm/ram -mem-prealloc", "-display none -mem-prealloc -qmp unix:/run/r/qmp,server=on,wait=off " + Control)]
    public void Makes_a_line_that_can_be_started_beside_the_first(string recorded, string expected) =>
        Assert.Equal(expected, string.Join(' ', Rebuild(recorded).Arguments));

    [Fact]
    public void Pins_the_machine_type_and_the_accelerator_that_were_in_use()
    {
        Assert.StartsWith(
            "-machine pc-q35-7.2,smm=off -accel kvm,dirty-ring-size=4096 -m 1G",
            Joined("-M q35,smm=off,accel=kvm:tcg -accel kvm,dirty-ring-size=4096 -accel tcg -m 1G", with => with with { MachineType = "pc-q35-7.2", Accelerator = "kvm" }),
            StringComparison.Ordinal);
        string pinned = Joined("-enable-kvm -machine accel=kvm -display none", with => with with { MachineType = "pc-i440fx-7.2", Accelerator = "kvm" });
        Assert.StartsWith("-display none -machine type=pc-i440fx-7.2 -accel kvm ", pinned, StringComparison.Ordinal);
    }

    [Fact]
    public void Starts_paused_and_without_incoming_when_asked() =>
        Assert.EndsWith("mode=control -S", Joined("-m 64", with => with with { StartPaused = true, Incoming = false, UserMonitor = false }), StringComparison.Ordinal);

    [Fact]
    public void Maps_plain_main_memory_of_a_clone_from_its_image()
    {
        string line = Joined("-machine pc -m 256M,maxmem=1G,slots=2 -display none", Clone("pc.ram", "/s/a,b.img"));
        Assert.Contains(" -object memory-backend-file,id=pc.ram,size=268435456,mem-path=/s/a,,b.img,share=off -machine memory-backend=pc.ram ", line, StringComparison.Ordinal);
        Assert.Contains(
            "share=off,readonly=on,rom=off ",
            Joined("-m 256 -display none", with => Clone("pc.ram", "/s/ram")(with) with { ReadOnlyImages = true }),
            StringComparison.Ordinal);
        Assert.Contains("size=1024,", Joined("-display none", with => Clone("pc.ram", "/s/ram")(with) with { MainRamBytes = 1024 }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("memory-backend-ram,id=ram0,size=1G,prealloc=on", "memory-backend-file,id=ram0,size=1G,mem-path=/s/ram0,share=off")]
    [InlineData("memory-backend-memfd,id=ram0,size=1G,share=on,hugetlb=on,hugetlbsize=2M,host-nodes=0,policy=bind", "memory-backend-file,id=ram0,size=1G,host-nodes=0,policy=bind,mem-path=/s/ram0,share=off")]
    [InlineData("memory-backend-file,id=ram0,size=1G,mem-path=/dev/hugepages,share=on,prealloc=on", "memory-backend-file,id=ram0,size=1G,mem-path=/s/ram0,share=off")]
    [InlineData("{\"qom-type\":\"memory-backend-ram\",\"id\":\"ram0\",\"size\":1073741824}", "{\"qom-type\":\"memory-backend-file\",\"id\":\"ram0\",\"size\":1073741824,\"mem-path\":\"/s/ram0\",\"share\":false}")]
    public void Maps_every_kind_of_backend_of_a_clone_from_its_image(string backend, string expected)
    {
        var rebuilt = Rebuild(["-object", backend, "-machine", "q35,memory-backend=ram0", "-display", "none"], Clone("ram0", "/s/ram0"));
        Assert.Equal(expected, rebuilt.Arguments[1]);
        Assert.Equal("q35,memory-backend=ram0", rebuilt.Arguments[3]);
    }

    [Fact]
    public void Finds_the_backend_of_a_block_that_is_named_by_its_whole_path()
    {
        var rebuilt = Rebuild(["-object", "memory-backend-ram,id=ram0,size=1G"], Clone("/objects/ram0", "/s/x"));
        Assert.Equal("memory-backend-file,id=ram0,size=1G,mem-path=/s/x,share=off", rebuilt.Arguments[1]);
    }

    [Fact]
    public void Refuses_a_clone_whose_block_no_memory_makes()
    {
        var refusal = Assert.Throws<CommandLineRefusedException>(() => Rebuild(["-m", "64"], Clone("dimm0", "/s/x")));
        Assert.Contains("dimm0", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<CommandLineRefusedException>(() => Rebuild(["-display", "none"], Clone("pc.ram", "/s/x")));
    }

    [Fact]
    public void Populates_nothing_beforehand_when_pages_come_on_demand()
    {
        string line = Joined("-mem-prealloc -object memory-backend-ram,id=a,size=1G,prealloc=on -display none", with => with with { Lazy = true });
        Assert.DoesNotContain("prealloc", line, StringComparison.Ordinal);
        Assert.StartsWith("-object memory-backend-ram,id=a,size=1G ", line, StringComparison.Ordinal);
    }

    [Theory]
    // /proc stands for a file system that is neither tmpfs nor hugetlbfs.
    [InlineData("-mem-path /proc -m 64", "-m 64 ", "-mem-path /proc was left out")]
    [InlineData("-object memory-backend-file,id=r0,size=64M,mem-path=/proc,share=on", "-object memory-backend-memfd,id=r0,size=64M,share=on ", "the memory r0 is fresh memory")]
    [InlineData("-object memory-backend-file,id=r0,size=64M,mem-path=/proc", "-object memory-backend-ram,id=r0,size=64M ", "the memory r0 is fresh memory")]
    [InlineData("-mem-path /dev/shm -m 64", "-mem-path /dev/shm -m 64 ", null)]
    [InlineData("-object memory-backend-file,id=r0,size=64M,mem-path=/dev/shm", "-object memory-backend-file,id=r0,size=64M,mem-path=/dev/shm ", null)]
    public void Memory_that_takes_no_pages_on_demand_is_replaced_when_they_come_so(string recorded, string expected, string? note)
    {
        var rebuilt = Rebuild(recorded.Split(' '), with => with with { Lazy = true });
        Assert.StartsWith(expected, string.Join(' ', rebuilt.Arguments), StringComparison.Ordinal);
        Assert.Equal(note is not null, rebuilt.Notes.Any(said => said.StartsWith(note ?? "-mem-path", StringComparison.Ordinal)));
        Assert.StartsWith(recorded, Joined(recorded, with => with), StringComparison.Ordinal);
    }

    [Fact]
    public void What_clones_cannot_have_of_the_recorded_memory_is_said()
    {
        var rebuilt = Rebuild(
            ["-overcommit", "mem-lock=on,cpu-pm=on", "-mem-prealloc", "-object", "memory-backend-memfd,id=ram0,size=1G,hugetlb=on", "-display", "none"], Clone("ram0", "/s/ram0"));
        Assert.Equal(["-overcommit", "cpu-pm=on", "-object"], rebuilt.Arguments.Take(3));
        Assert.Contains(rebuilt.Notes, note => note.Contains("mem-lock", StringComparison.Ordinal));
        Assert.Contains(rebuilt.Notes, note => note.Contains("-mem-prealloc", StringComparison.Ordinal));
        Assert.Contains(rebuilt.Notes, note => note.Contains("ram0 was made of huge pages", StringComparison.Ordinal));
        Assert.StartsWith("-overcommit mem-lock=on ", Joined("-overcommit mem-lock=on -m 64", with => with with { Lazy = true }), StringComparison.Ordinal);
        Assert.DoesNotContain("-overcommit", Joined("-overcommit mem-lock=on -m 64", Clone("pc.ram", "/s/ram")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_forwarded_port_becomes_a_free_one_and_is_reported()
    {
        var rebuilt = Rebuild("-display none -netdev user,id=n0,hostfwd=tcp::2222-:22,hostfwd=tcp:127.0.0.1:8080-:80,restrict=on");
        string netdev = rebuilt.Arguments[3];
        string fresh = rebuilt.Replaced["tcp::2222"];
        Assert.StartsWith("tcp::", fresh, StringComparison.Ordinal);
        Assert.NotEqual("tcp::2222", fresh);
        Assert.InRange(int.Parse(fresh[5..], CultureInfo.InvariantCulture), 1024, 65535);
        Assert.Equal($"user,id=n0,hostfwd={fresh}-:22,hostfwd={rebuilt.Replaced["tcp:127.0.0.1:8080"]}-:80,restrict=on", netdev);
    }

    [Fact]
    public void A_forwarded_port_in_json_too()
    {
        var rebuilt = Rebuild(["-netdev", """{"type":"user","id":"n0","hostfwd":[{"str":"tcp::2222-:22"}]}"""]);
        Assert.Equal($$"""{"type":"user","id":"n0","hostfwd":[{"str":"{{rebuilt.Replaced["tcp::2222"]}}-:22"}]}""", rebuilt.Arguments[1]);
    }

    [Theory]
    [InlineData("-netdev|tap,id=hostnet0,fd=33,vhost=on,vhostfd=35", "hostnet0")]
    [InlineData("-netdev|{\"type\":\"tap\",\"fd\":\"33\",\"id\":\"hostnet0\"}", "hostnet0")]
    [InlineData("-add-fd|set=2,fd=30", "set=2")]
    [InlineData("-drive|file=/dev/fdset/2,if=none", "/dev/fdset/2")]
    [InlineData("-chardev|socket,id=c0,fd=7", "c0")]
    [InlineData("-chardev|pipe,id=p0,path=/p", "/p")]
    [InlineData("-serial|pipe:/p", "/p")]
    [InlineData("-chardev|udp,id=u0,host=h,port=1,localport=5000", "5000")]
    [InlineData("-preconfig", "-preconfig")]
    [InlineData("-device|vhost-vsock-pci,id=v0,vhostfd=9", "v0")]
    public void Refuses_what_cannot_be_had_a_second_time_and_names_it(string words, string named)
    {
        var refusal = Assert.Throws<CommandLineRefusedException>(() => Rebuild(words.Split('|')));
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("--", refusal.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_every_obstacle_at_once()
    {
        var refusal = Assert.Throws<CommandLineRefusedException>(() => Rebuild(["-add-fd", "set=1,fd=3", "-serial", "pipe:/p"]));
        Assert.Equal(2, refusal.Reasons.Count);
    }

    [Fact]
    public void Reports_what_was_made_fresh_by_full_name()
    {
        var rebuilt = Rebuild("-qmp unix:qmp.sock,server=on,wait=off -serial unix:/abs/serial,server=on -pidfile web.pid -display none");
        Assert.Equal("/srv/u", rebuilt.WorkingDirectory);
        Assert.Equal("/run/r/qmp0", rebuilt.Replaced["/srv/u/qmp.sock"]);
        Assert.Equal("/run/r/serial0", rebuilt.Replaced["/abs/serial"]);
        Assert.Equal("/run/r/pid", rebuilt.Replaced["/srv/u/web.pid"]);
        Assert.Equal("/run/r/qmp0", rebuilt.UserMonitorPath);
    }

    [Fact]
    public void Takes_a_line_as_libvirt_writes_it()
    {
        string[] recorded =
        [
            "-name", "guest=web,debug-threads=on", "-S",
            "-object", """{"qom-type":"secret","id":"masterKey0","format":"raw","file":"/var/lib/libvirt/qemu/domain-1-web/master-key.aes"}""",
            "-machine", "pc-q35-7.2,usb=off,vmport=off,dump-guest-core=off,memory-backend=pc.ram", "-accel", "kvm", "-cpu", "host,migratable=on",
            "-m", "size=2097152k", "-object", """{"qom-type":"memory-backend-ram","id":"pc.ram","size":2147483648}""",
            "-overcommit", "mem-lock=off", "-smp", "2,sockets=2,cores=1,threads=1", "-uuid", "8a2d3c8e-0c1e-4c9a-a1f0-0d7a0b6f1c2d",
            "-no-user-config", "-nodefaults", "-chardev", "socket,id=charmonitor,fd=28,server=on,wait=off", "-mon", "chardev=charmonitor,id=monitor,mode=control",
            "-rtc", "base=utc,driftfix=slew", "-global", "kvm-pit.lost_tick_policy=delay", "-no-hpet", "-no-shutdown", "-boot", "strict=on",
            "-device", """{"driver":"pcie-root-port","port":16,"chassis":1,"id":"pci.1","bus":"pcie.0","multifunction":true,"addr":"0x2"}""",
            "-blockdev", """{"driver":"file","filename":"/var/lib/libvirt/images/web.qcow2","node-name":"libvirt-1-storage","auto-read-only":true,"discard":"unmap"}""",
            "-chardev", "pty,id=charserial0", "-device", """{"driver":"isa-serial","chardev":"charserial0","id":"serial0","index":0}""",
            "-chardev", "socket,id=charchannel0,fd=29,server=on,wait=off", "-vnc", "127.0.0.1:0,audiodev=audio1",
            "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny", "-msg", "timestamp=on",
        ];
        var rebuilt = Rebuild(recorded, with => with with { MachineType = "pc-q35-7.2", Accelerator = "kvm" });
        string line = string.Join(' ', rebuilt.Arguments);
        Assert.Contains("-chardev socket,id=charmonitor,server=on,wait=off,path=/run/r/charmonitor ", line, StringComparison.Ordinal);
        Assert.Contains("-chardev socket,id=charchannel0,server=on,wait=off,path=/run/r/charchannel0 ", line, StringComparison.Ordinal);
        Assert.Contains("-vnc unix:/run/r/vnc,audiodev=audio1 ", line, StringComparison.Ordinal);
        Assert.DoesNotContain(" -S ", line, StringComparison.Ordinal);
        foreach (string kept in recorded.Where(word => word.StartsWith('{')))
        {
            Assert.Contains(kept, rebuilt.Arguments);
        }
    }

    private static Func<RebuildRequest, RebuildRequest> Clone(string block, string image) =>
        with => with with { Images = new Dictionary<string, string> { [block] = image }, MainRamId = "pc.ram" };

    private static string Joined(string recorded, Func<RebuildRequest, RebuildRequest> with) =>
        string.Join(' ', Rebuild(recorded.Split(' '), with).Arguments);

    private static RebuiltCommandLine Rebuild(string recorded) => Rebuild(recorded.Split(' '));

    private static RebuiltCommandLine Rebuild(string[] recorded, Func<RebuildRequest, RebuildRequest>? with = null)
    {
        var request = new RebuildRequest
        {
            RecordedArguments = ["qemu-system-x86_64", .. recorded],
            RecordedWorkingDirectory = "/srv/u",
            RunDirectory = "/run/r",
            MonitorDescriptor = 3,
        };
        return CommandLineRebuild.Rebuild(with is null ? request : with(request));
    }
}
