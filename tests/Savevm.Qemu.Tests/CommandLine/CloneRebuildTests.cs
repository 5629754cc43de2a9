using Savevm.Qemu.CommandLine;

namespace Savevm.Qemu.Tests.CommandLine;

public sealed class CloneRebuildTests
{
    [Theory]
    [InlineData("-name fedora", 2, "-name fedora-2 ", "fedora-2")]
    [InlineData("-name guest=fedora,debug-threads=on", 2, "-name guest=fedora-2,debug-threads=on ", "fedora-2")]
    [InlineData("-name debug-threads=on", 2, "-name debug-threads=on,guest=web-2 ", "web-2")]
    [InlineData("-m 64", 20, " -name web-20 ", "web-20")]
    [InlineData("-name fedora", null, "-name fedora ", "fedora")]
    [InlineData("-m 64", null, "-m 64 -display none -qmp", null)]
    public void Each_of_several_guests_has_a_name_of_its_own(string recorded, int? number, string expected, string? name)
    {
        var rebuilt = Rebuild(recorded, number);
        Assert.Contains(expected, string.Join(' ', rebuilt.Arguments), StringComparison.Ordinal);
        Assert.Equal(name, rebuilt.GuestName);
    }

    [Theory]
    [InlineData("-device vmgenid,guid=324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87,id=g", "-device vmgenid,guid=auto,id=g ")]
    [InlineData("-device {\"driver\":\"vmgenid\",\"guid\":\"324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87\"}", "-device {\"driver\":\"vmgenid\",\"guid\":\"auto\"} ")]
    [InlineData("-device vmgenid", "-device vmgenid,guid=auto ")]
    [InlineData("-global vmgenid.guid=324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87", "-global vmgenid.guid=auto ")]
    public void A_generation_id_is_new_for_every_guest_also_for_one_that_is_alone(string recorded, string expected)
    {
        Assert.StartsWith(expected, string.Join(' ', Rebuild(recorded, 2).Arguments), StringComparison.Ordinal);
        Assert.StartsWith(expected, string.Join(' ', Rebuild(recorded, null).Arguments), StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_wide_socket_address_is_counted_on()
    {
        Assert.StartsWith("-device vhost-vsock-pci,guest-cid=45 ", string.Join(' ', Rebuild("-device vhost-vsock-pci,guest-cid=42", 3).Arguments), StringComparison.Ordinal);
        Assert.StartsWith("-device vhost-vsock-pci,guest-cid=42 ", string.Join(' ', Rebuild("-device vhost-vsock-pci,guest-cid=42", null).Arguments), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-nodefaults -netdev user,id=a -uuid 8a2d3c8e-0c1e-4c9a-a1f0-0d7a0b6f1c2d", 2, "MAC addresses and uuid")]
    [InlineData("-m 64", 2, "MAC addresses:")]
    [InlineData("-nodefaults", 2, null)]
    [InlineData("-nodefaults -netdev user,id=a", null, null)]
    public void What_all_clones_have_in_common_is_said(string recorded, int? number, string? said) =>
        Assert.Equal(said is not null, Rebuild(recorded, number).Notes.Any(note => note.Contains(said ?? "same", StringComparison.Ordinal)));

    private static RebuiltCommandLine Rebuild(string recorded, int? number) => CommandLineRebuild.Rebuild(new RebuildRequest
    {
        RecordedArguments = ["qemu-system-x86_64", .. recorded.Split(' ')],
        RecordedWorkingDirectory = "/srv/u",
        RunDirectory = "/run/r",
        MonitorDescriptor = 3,
        CloneNumber = number,
        DefaultName = "web",
    });
}
