using Savevm.Qemu.CommandLine;

namespace Savevm.Qemu.Tests.CommandLine;

public sealed class RelativeFilesTests
{
    [Fact]
    public void Files_are_named_as_they_stand_on_the_command_line() => Assert.Equal(
        [
            "-kernel vmlinuz", "-initrd i/rd", "-L fw/", "-object …,filename=rng", "-object …,mem-path=hp", "-fsdev …,path=share", "-device …,romfile=roms/x.rom",
            "-fw_cfg …,file=blob", "-tpmdev …,path=tpm0",
        ],
        In("-kernel vmlinuz -initrd i/rd -L fw/ -object rng-random,id=r,filename=rng -object memory-backend-file,id=m,size=1M,mem-path=hp -fsdev local,id=f,path=share "
            + "-device e1000,romfile=roms/x.rom -fw_cfg name=opt/x,file=blob -tpmdev passthrough,id=t,path=tpm0"));

    [Fact]
    public void What_does_not_depend_on_the_folder_is_not_among_them() => Assert.Empty(
        In("-kernel /boot/vmlinuz -bios OVMF.fd -option-rom pxe.rom -device e1000,romfile=efi-e1000.rom -device e1000,romfile= -qmp unix:q,server=on -drive file=d.img "
            + "-hda x.img -chardev file,id=c,path=log -serial file:out -pidfile p -object rng-random,id=r,filename=/dev/random -append console=ttyS0"));

    private static IReadOnlyList<string> In(string line) => RelativeFiles.In(["qemu", .. line.Split(' ')]);
}
