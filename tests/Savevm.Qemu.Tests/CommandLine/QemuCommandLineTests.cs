using Savevm.Qemu.CommandLine;

namespace Savevm.Qemu.Tests.CommandLine;

public sealed class QemuCommandLineTests
{
    [Fact]
    public void Takes_flags_arguments_both_dashes_and_disk_images_apart_and_puts_them_together_again()
    {
        string[] argv = ["/usr/bin/qemu-system-x86_64", "-enable-kvm", "--m", "1G", "-M", "q35", "disk.img", "-S", "-name", "-odd", "-unknown", "value"];
        var line = QemuCommandLine.Parse(argv);
        Assert.Equal("/usr/bin/qemu-system-x86_64", line.Program);
        Assert.Equal(
            [new("enable-kvm"), new("m", "1G"), new("machine", "q35"), new("", "disk.img"), new("S"), new("name", "-odd"), new("unknown", "value")],
            line.Options);
        Assert.Equal(["-enable-kvm", "-m", "1G", "-machine", "q35", "disk.img", "-S", "-name", "-odd", "-unknown", "value"], line.ToArguments());
    }

    [Fact]
    public void Refuses_a_line_that_ends_inside_an_option_and_an_empty_one()
    {
        Assert.Contains("-m", Assert.Throws<CommandLineRefusedException>(() => QemuCommandLine.Parse(["qemu", "-m"])).Message, StringComparison.Ordinal);
        Assert.Throws<CommandLineRefusedException>(() => QemuCommandLine.Parse([]));
    }

    [Theory]
    [InlineData("--")]
    [InlineData("---")]
    public void Refuses_dashes_without_a_name_which_would_become_the_image_of_a_disk(string word) => Assert.Contains(
        word, Assert.Throws<CommandLineRefusedException>(() => QemuCommandLine.Parse(["qemu", word, "disk.img"])).Message, StringComparison.Ordinal);

    [Fact]
    public void Refuses_more_words_than_anybody_types()
    {
        Assert.Equal(16_383, QemuCommandLine.Parse([.. Enumerable.Repeat("x", 16_384)]).Options.Count);
        Assert.Throws<CommandLineRefusedException>(() => QemuCommandLine.Parse([.. Enumerable.Repeat("x", 16_385)]));
    }

    [Theory]
    [InlineData("256", 256L << 20)]
    [InlineData("1G", 1L << 30)]
    [InlineData("512M,slots=2,maxmem=4G", 512L << 20)]
    [InlineData("size=1.5G,maxmem=4G", 1536L << 20)]
    [InlineData("size=2048k", 2L << 20)]
    [InlineData("0x100", 256L << 20)]
    [InlineData("slots=2,maxmem=4G", null)]
    [InlineData("lots", null)]
    [InlineData("99999999999T", null)]
    public void Reads_the_memory_in_every_form(string argument, long? bytes) =>
        Assert.Equal(bytes, QemuCommandLine.Parse(["qemu", "-m", argument]).MemoryBytes);

    [Fact]
    public void The_last_memory_size_counts() =>
        Assert.Equal(1L << 30, QemuCommandLine.Parse(["qemu", "-m", "64", "-m", "1G"]).MemoryBytes);

    [Theory]
    [InlineData("qemu-system-x86_64", "tcg")]
    [InlineData("/usr/bin/qemu-kvm", "kvm,tcg")]
    [InlineData("qemu -enable-kvm", "kvm")]
    [InlineData("qemu -accel kvm -accel tcg,thread=single", "kvm,tcg")]
    [InlineData("qemu -machine pc,accel=kvm:tcg", "kvm,tcg")]
    [InlineData("qemu -machine accel=tcg -M q35", "tcg")]
    [InlineData("qemu -enable-kvm -accel tcg", "tcg")]
    public void Tells_which_accelerators_may_be_used(string line, string accelerators) =>
        Assert.Equal(accelerators, string.Join(',', QemuCommandLine.Parse(line.Split(' ')).Accelerators));

    [Theory]
    [InlineData("qemu", null)]
    [InlineData("qemu -M q35,smm=off", "q35")]
    [InlineData("qemu -machine type=pc-i440fx-7.2,usb=off", "pc-i440fx-7.2")]
    [InlineData("qemu -machine q35 -machine accel=kvm", "q35")]
    [InlineData("qemu -machine accel=kvm", null)]
    public void Tells_the_machine_type(string line, string? type) =>
        Assert.Equal(type, QemuCommandLine.Parse(line.Split(' ')).MachineType);
}
