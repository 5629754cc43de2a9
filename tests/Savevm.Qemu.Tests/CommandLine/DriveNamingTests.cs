using Savevm.Qemu.CommandLine;

namespace Savevm.Qemu.Tests.CommandLine;

/// <summary>The names on <c>pc</c> and <c>q35</c>, but for flash and SCSI, were asked of QEMU 7.2 and 10.0 (<c>query-block</c>) with these words.</summary>
public sealed class DriveNamingTests
{
    [Theory]
    [InlineData("-hda a -hdb b -cdrom c -hdd d", "ide0-hd0 ide0-hd1 ide1-cd0 ide1-hd1")]
    [InlineData("a -drive file=b -drive file=c,media=cdrom", "ide0-hd0 ide0-hd1 ide1-cd0")]
    [InlineData("-drive file=a,index=1 -drive file=b -drive file=c,bus=1,unit=1", "ide0-hd1 ide0-hd0 ide1-hd1")]
    [InlineData("-drive file=a,if=virtio -drive file=b,if=virtio,index=3 -drive file=c,if=virtio", "virtio0 virtio3 virtio1")]
    [InlineData("-drive file=a,if=none -drive file=b,if=none,id=x -pflash p -drive if=pflash,file=q -fda f -fdb g", "none0 x pflash0 pflash1 floppy0 floppy1")]
    [InlineData("-drive file=a,if=scsi -drive file=b,if=scsi,index=7", "scsi0-hd0 scsi1-hd0")]
    public void On_pc(string words, string names) => Check(words, names);

    [Fact]
    public void On_q35_an_IDE_bus_has_one_drive() => Check("-hda a -hdb b -cdrom c", "ide0-hd0 ide1-hd0 ide2-cd0");

    [Fact]
    public void On_virt_the_default_is_virtio() => Check("-hda a -drive file=b", "virtio0 virtio1");

    private static void Check(string words, string names)
    {
        var disks = new CommandLineDisks(QemuCommandLine.Parse(["qemu", .. words.Split(' ')]), names.Split(' '));
        Assert.Equal(names.Split(' '), disks.Drives.Select((_, index) => disks.NameOfDrive(index)));
    }
}
