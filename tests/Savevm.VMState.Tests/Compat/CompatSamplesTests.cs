using Savevm.VMState.Compat;
using Savevm.VMState.Registries;

namespace Savevm.VMState.Tests.Compat;

/// <summary>The samples were computed by hand, not saved by the code that loads them.</summary>
public sealed class CompatSamplesTests
{
    private static readonly string Samples = Path.Combine(AppContext.BaseDirectory, "Compat", "Samples");

    [Fact]
    public void Every_release_is_loaded_into_the_class_of_today()
    {
        var devices = new List<FuseDevice>();
        IReadOnlyList<CompatResult> results = CompatSamples.Load(Samples, () =>
        {
            devices.Add(new FuseDevice());
            return Machine(devices[^1]);
        });
        Assert.Equal(["1.0.section: loaded", "1.1.section: loaded", "2.0.devices: loaded"], results.Select(result => result.ToString()));
        Assert.Equal(
            [(0x01020304u, 7, 0), (0x01020304u, 7, 9), (0xa1a2a3a4u, 3, 0)], devices.Select(device => (device.Control, (int)device.Mode, (int)device.Blown)));
        Assert.All(devices, device => Assert.Equal([16, 32], device.Ratings.Select(rating => (int)rating)));
        Assert.All(results, result => Assert.Equal((1, 0), (result.Report!.Loaded.Count, result.Report.Missing.Count)));
    }

    [Fact]
    public void A_change_that_breaks_them_is_told_for_each_file()
    {
        IReadOnlyList<CompatResult> results = CompatSamples.Load(Samples, () =>
        {
            var machine = new DeviceRegistry();
            machine.Add(new WiderFuseDevice(), WiderFuseDevice.StateDescription);
            return machine;
        });
        Assert.All(results, result => Assert.False(result.IsLoaded, result.ToString()));
        Assert.All(results, result => Assert.Null(result.Report));
        Assert.Contains("where the footer of", results[0].Error, StringComparison.Ordinal);
        // A device that is gone, too.
        results = CompatSamples.Load(Samples, () => new DeviceRegistry());
        Assert.All(results, result => Assert.Contains("'fuse' 0", result.Error, StringComparison.Ordinal));
    }

    [Fact]
    public void A_sample_that_is_written_can_be_loaded_and_is_never_written_over()
    {
        string folder = Directory.CreateTempSubdirectory("samples").FullName;
        try
        {
            Assert.Throws<InvalidDataException>(() => CompatSamples.Load(folder, () => new DeviceRegistry()));
            var device = new FuseDevice { Control = 0x01020304, Blown = 9 };
            (device.Ratings[0], device.Ratings[1]) = (16, 32);
            CompatSamples.Write(folder, "3.0", Machine(device));
            string path = CompatSamples.WriteSection(folder, "3.0", device, FuseDevice.StateDescription);
            Assert.Throws<IOException>(() => CompatSamples.WriteSection(folder, "3.0", new FuseDevice(), FuseDevice.StateDescription));
            Assert.Equal(2, CompatSamples.Load(folder, () => Machine(new FuseDevice())).Count(result => result.IsLoaded));
            // As release 1.1 saved it, but for the version and the field that it brought.
            byte[] expected = File.ReadAllBytes(Path.Combine(Samples, "1.1.section"));
            byte[] written = File.ReadAllBytes(path);
            expected[17] = 2;
            Assert.Equal([.. expected[..26], 7, .. expected[26..]], written);
            // A file that is cut off is no sample of anything.
            File.WriteAllBytes(path, written[..^1]);
            Assert.Contains(CompatSamples.Load(folder, () => Machine(new FuseDevice())), result => result.Error?.Contains("without an end mark", StringComparison.Ordinal) == true);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static DeviceRegistry Machine(FuseDevice device)
    {
        var machine = new DeviceRegistry();
        machine.Add(device, FuseDevice.StateDescription);
        return machine;
    }
}
