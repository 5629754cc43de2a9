using Savevm.Qemu;
using Savevm.Qemu.Facts;
using Savevm.Recorded;
using Savevm.Resumes;
using Savevm.Resumes.Identity;

namespace Savevm.Tests.Identity;

/// <summary>Every refusal before anything is started: the thing is named, and the option that helps.</summary>
public sealed class IdentityCheckTests
{
    private const string Captured = "-machine pc-q35-10.0 -accel tcg -m 64 -device virtio-net-pci,id=net0 -device e1000,addr=5 -device virtio-serial-pci,id=vs -device virtserialport,id=p,chardev=c";

    private static readonly RecordedMachine Machine = new()
    {
        Type = "pc-q35-10.0",
        Accelerator = "tcg",
        MemoryBytes = 64 << 20,
        CpuCount = 2,
        MainRamId = "pc.ram",
        CpuType = "qemu64-x86_64-cpu",
        RamBlocks =
        [
            new("pc.ram", 64 << 20, 64 << 20, 4096) { Backend = "memory-backend-ram" },
            new("mem1", 32 << 20, 32 << 20, 4096) { Backend = "memory-backend-memfd" },
            new("pc.bios", 256 << 10, 256 << 10, 4096),
        ],
        Devices =
        [
            new() { Type = "mch", Place = "pcie.0/00.0", Bus = "pcie.0", PciIdentity = "8086:29c0" },
            new() { Type = "virtio-net-pci", Id = "net0", Place = "pcie.0/04.0", Bus = "pcie.0", PciIdentity = "1af4:1000", IsPlugged = true, Rom = "efi-virtio.rom", RomBytes = 256 << 10 },
            new() { Type = "e1000", Place = "pcie.0/05.0", Bus = "pcie.0", PciIdentity = "8086:100e", IsPlugged = true },
            new() { Type = "virtio-serial-pci", Id = "vs", Place = "pcie.0/06.0", Bus = "pcie.0", PciIdentity = "1af4:1003", IsPlugged = true },
            new() { Type = "virtserialport", Id = "p", Place = "pcie.0/06.0/virtio/port 1", Bus = "vs.0", IsPlugged = true },
        ],
    };

    private const string Memory = "-object memory-backend-memfd,id=mem1,size=32M";
    private const string Devices = "-device virtio-net-pci,id=net0,addr=4 -device e1000,addr=5 -device virtio-serial,id=vs,addr=0x6.0 -device virtserialport,id=p,nr=1";
    private const string Whole = $"-machine pc-q35-10.0 -m 64 -smp 2 {Memory} {Devices}";

    public static TheoryData<string, string, string> Refusals => new()
    {
        { Whole.Replace("pc-q35-10.0", "pc-q35-9.2", StringComparison.Ordinal), "is of a machine pc-q35-10.0, the command line makes a pc-q35-9.2", "use -machine pc-q35-10.0" },
        { Whole + " -accel kvm", "saved under tcg and does not load under kvm", "add -accel tcg" },
        { Whole.Replace("-m 64", "-m 96", StringComparison.Ordinal), "64 MiB of RAM, the command line makes one with 96 MiB", "use -m 64M" },
        { Whole + " -m slots=2,maxmem=1G", "has 0 slots for memory modules, the command line makes 2", "leave slots= out" },
        { Whole + " -machine memory-backend=ram0", "RAM is the block pc.ram, the command line makes it ram0", "-object memory-backend-ram,id=pc.ram,size=64M -machine memory-backend=pc.ram" },
        { Whole.Replace(Memory, "", StringComparison.Ordinal), "has memory mem1 of 32 MiB, which the command line does not make", "add -object memory-backend-memfd,id=mem1,size=32M" },
        { Whole.Replace("size=32M", "size=48M", StringComparison.Ordinal), "memory mem1 has 32 MiB, the command line makes it 48 MiB", "size=32M for mem1" },
        { Whole.Replace("-smp 2", "-smp 1,maxcpus=4", StringComparison.Ordinal), "has 2 processors, the command line makes 1", "use -smp 2" },
        { Whole.Replace(" -device e1000,addr=5", "", StringComparison.Ordinal), "has a device e1000 at pcie.0/05.0 that the command line does not make", "add -device e1000,bus=pcie.0,addr=05.0" },
        { Whole.Replace(" -device virtserialport,id=p,nr=1", "", StringComparison.Ordinal), "has a device p (virtserialport) at pcie.0/06.0/virtio/port 1 that", "add -device virtserialport,id=p,chardev=c" },
        { Whole.Replace("id=net0,addr=4", "id=net0,addr=7", StringComparison.Ordinal), "net0 (virtio-net-pci) was at pcie.0/04.0, the command line puts it at addr=07.0", "use addr=04.0" },
        { Whole.Replace("e1000,addr=5", "e1000,addr=5.1", StringComparison.Ordinal), "e1000 was at pcie.0/05.0, the command line puts it at addr=05.1", "use addr=05.0" },
        { Whole.Replace("nr=1", "nr=2", StringComparison.Ordinal), "p (virtserialport) was at pcie.0/06.0/virtio/port 1, the command line puts it at nr=2", "use nr=1" },
        { Whole + " -device virtio-net-pci,id=vs", "the device vs was a virtio-serial-pci, the command line makes it a virtio-net-pci", "-device virtio-serial-pci,id=vs" },
        { Whole.Replace("id=net0,addr=4", "id=net0,addr=4,romfile=", StringComparison.Ordinal), "net0 (virtio-net-pci) has a ROM of 256 KiB, the command line gives it none", "leave romfile= out" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void A_command_line_that_makes_another_machine_is_refused(string line, string why, string hint) => AssertRefused(line, Emulator(), why, hint);

    [Theory]
    [InlineData(Whole)]
    [InlineData($"-machine q35 -m 64 -smp cores=2 {Memory} {Devices}")]
    [InlineData($"-machine pc-q35-10.0,memory-backend=pc.ram -m 64 -object memory-backend-memfd,id=pc.ram,size=64M -smp 1 -device qemu64-x86_64-cpu,core-id=1 {Memory} {Devices}")]
    [InlineData($"-machine pc-q35-10.0 -m 64 -smp 2 {Memory} -nic user,model=virtio-net-pci -nic user -device virtio-serial-pci -device virtserialport,chardev=c")]
    [InlineData($"-readconfig guest.cfg -m 64")]
    public void One_that_makes_the_same_machine_in_other_words_is_not(string line) => Check(line, Emulator()).Run(new SilentObserver());

    [Fact]
    public void Another_emulator_must_have_everything_that_the_guest_has()
    {
        AssertRefused(Whole, Emulator() with { Machines = [new("pc-q35-9.2", null, true, "pc.ram")] }, "QEMU 10.0.2, has no machine pc-q35-10.0", "SAVEVM_QEMU");
        AssertRefused(Whole, Emulator() with { Models = new HashSet<string>(["qemu64-x86_64-cpu", "e1000", "virtio-serial-pci", "virtserialport"]) }, "has no device virtio-net-pci, which the guest has (net0)", "SAVEVM_QEMU");
        AssertRefused(Whole, Emulator() with { Models = new HashSet<string>(["virtio-net-pci", "e1000", "virtio-serial-pci", "virtserialport"]) }, "has no processor qemu64-x86_64-cpu", "SAVEVM_QEMU");
    }

    [Fact]
    public void Option_ROMs_must_have_their_size()
    {
        using var folder = new TemporaryFolder();
        var emulator = Emulator() with { FirmwareFolders = [folder.Path] };
        File.WriteAllBytes(folder["efi-virtio.rom"], new byte[200_000]);
        Check(Whole, emulator).Run(new SilentObserver());
        File.WriteAllBytes(folder["efi-virtio.rom"], new byte[300_000]);
        AssertRefused(Whole, emulator, $"ROM of the device net0 (virtio-net-pci) has 256 KiB, {folder["efi-virtio.rom"]} makes one of 512 KiB", "romfile=PATH");
        Check(Whole.Replace("id=net0", "id=net0,romsize=262144", StringComparison.Ordinal), emulator).Run(new SilentObserver());
        File.WriteAllBytes(folder["efi-virtio.rom"], new byte[60_000]);
        AssertRefused(Whole, emulator, "makes one of 64 KiB", "add romsize=262144");
        File.WriteAllBytes(folder["own.rom"], new byte[250_000]);
        Check(Whole.Replace("id=net0", $"id=net0,romfile={folder["own.rom"]}", StringComparison.Ordinal), emulator).Run(new SilentObserver());
    }

    [Fact]
    public void Another_processor_is_only_remarked_upon()
    {
        foreach (var (cpu, isRemarked) in new[] { ("qemu64", false), ("qemu64,+aes", false), ("max", true), ("host", true) })
        {
            var observer = new SilentObserver();
            Check($"{Whole} -cpu {cpu}", Emulator()).Run(observer);
            Assert.Equal(isRemarked, observer.Warnings.Count == 1);
        }
    }

    [Fact]
    public void The_recorded_command_line_is_made_to_fit_and_not_compared()
    {
        var recorded = Choice(Captured, null) with { IsUsersOwn = false };
        new IdentityCheck("web", Machine, recorded.Arguments, recorded).Run(new SilentObserver());
    }

    [Fact]
    public void A_snapshot_of_which_nothing_is_known_is_not_refused() =>
        new IdentityCheck("web", new RecordedMachine(), [], Choice("-m 96 -device e1000", null)).Run(new SilentObserver());

    private static void AssertRefused(string line, EmulatorFacts emulator, string why, string hint)
    {
        var refusal = Assert.Throws<SavevmException>(() => Check(line, emulator).Run(new SilentObserver()));
        Assert.Equal((ExitCode.Incompatible, "resume of web"), (refusal.Code, refusal.What));
        Assert.Contains(why, refusal.Why, StringComparison.Ordinal);
        Assert.Contains(hint, refusal.Hint, StringComparison.Ordinal);
    }

    private static IdentityCheck Check(string line, EmulatorFacts emulator) => new("web", Machine, ["qemu", .. Captured.Split(' ')], Choice(line, emulator));

    private static EmulatorChoice Choice(string line, EmulatorFacts? facts) => new()
    {
        Executable = "/usr/bin/qemu-system-x86_64",
        Arguments = ["/usr/bin/qemu-system-x86_64", .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)],
        IsUsersOwn = true,
        WorkingDirectory = "/nonexistent",
        CanMapReadOnlyImages = true,
        Facts = facts,
    };

    private static EmulatorFacts Emulator() => new()
    {
        Path = "/usr/bin/qemu-system-x86_64",
        Version = "10.0.2",
        Machines = [new MachineFact("pc-q35-10.0", "q35", false, "pc.ram"), new MachineFact("pc-q35-9.2", null, false, "pc.ram")],
        Models = new HashSet<string>(["virtio-net-pci", "e1000", "virtio-serial-pci", "virtserialport", "qemu64-x86_64-cpu"]),
    };
}
