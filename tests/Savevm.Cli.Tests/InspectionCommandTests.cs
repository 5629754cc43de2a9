using System.IO.Compression;
using System.Text.Json;

namespace Savevm.Cli.Tests;

/// <summary>The commands that look inside saved states, on streams that real QEMUs wrote.</summary>
public sealed class InspectionCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("savevm-inspect-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task InspectTellsMachineReleaseSectionsRamAndEveryField()
    {
        var screen = new TestScreen();
        Assert.Equal(ExitCode.Done, await screen.RunAsync("inspect", Vector("q72-tiny.stream")));
        Assert.Contains("machine:  pc-i440fx-7.2", screen.Out, StringComparison.Ordinal);
        Assert.Contains("release:  7.2 or later, before 8.2", screen.Out, StringComparison.Ordinal);
        Assert.Contains("0000:00:01.0/PIIX3", screen.Out, StringComparison.Ordinal);
        Assert.Contains("cr0     0x", screen.Out, StringComparison.Ordinal);
        Assert.Contains("env.segs[5]", screen.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InspectAsJsonHasEveryByteOfEveryDevice()
    {
        var screen = new TestScreen();
        Assert.Equal(ExitCode.Done, await screen.RunAsync("inspect", Vector("q100-tiny.stream"), "--json"));
        JsonElement report = JsonDocument.Parse(screen.Out).RootElement;
        Assert.Equal("pc-i440fx-10.0", report.GetProperty("machine").GetString());
        Assert.Equal(512, report.GetProperty("ram_blocks")[0].GetProperty("seen_pages").GetInt64());
        Assert.All(report.GetProperty("devices").EnumerateArray(), device =>
        {
            Assert.Equal(device.GetProperty("bytes").GetInt64(), device.GetProperty("decoded_bytes").GetInt64());
            Assert.Equal(0, device.GetProperty("defects").GetArrayLength());
        });
    }

    [Fact]
    public async Task OneDeviceCanBeAskedForAndOneThatIsNotThereIsNotFound()
    {
        var screen = new TestScreen();
        string path = Vector("q100-tiny.stream");
        Assert.Equal(ExitCode.Done, await screen.RunAsync("inspect", path, "--device", "0000:*/ide"));
        Assert.Contains("0000:00:01.1/ide", screen.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("mc146818rtc", screen.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.NotFound, await screen.RunAsync("inspect", path, "--device", "nothing"));
    }

    [Theory]
    [InlineData("q72-tiny.stream")]
    [InlineData("q72-background.stream")]
    [InlineData("q72-compress.stream")]
    [InlineData("q72-dirty-bitmap.stream")]
    [InlineData("q100-xbzrle.stream")]
    [InlineData("q100-mapped.file")]
    [InlineData("q100-savevm.qcow2", "#second")]
    public async Task WhatARealQemuWroteIsInOrder(string vector, string part = "")
    {
        var screen = new TestScreen();
        string path = Vector(vector);
        ExitCode code = await screen.RunAsync("verify", path + part);
        Assert.True(code == ExitCode.Done, screen.Out + screen.Error);
        Assert.Contains("in order", screen.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OfSeveralInternalSnapshotsOneMustBeChosen()
    {
        var screen = new TestScreen();
        Assert.Equal(ExitCode.Incompatible, await screen.RunAsync("verify", Vector("q100-savevm.qcow2")));
        Assert.Contains("choose by FILE#NAME: first", screen.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ATurnedBitInADeviceIsADefectWithItsOffset()
    {
        var screen = new TestScreen();
        string path = Vector("q100-tiny.stream");
        byte[] bytes = File.ReadAllBytes(path);
        int footer = bytes.AsSpan().IndexOf(new byte[] { 0x7e, 0, 0, 0, 1 });
        bytes[footer + 4] ^= 0x10;
        File.WriteAllBytes(path, bytes);
        Assert.Equal(ExitCode.Damaged, await screen.RunAsync("verify", path));
        Assert.Contains($"offset 0x{footer + 1:x}", screen.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DiffTellsFieldsAndPagesAndNothingOfEqualStates()
    {
        var screen = new TestScreen();
        string one = Vector("q72-tiny.stream");
        string other = Vector("q72-background.stream");
        Assert.Equal(ExitCode.Done, await screen.RunAsync("diff", one, one, "--pages"));
        Assert.Equal("", screen.Out);
        Assert.Equal(ExitCode.Failed, await screen.RunAsync("diff", one, other, "--pages", "--json"));
        JsonElement report = JsonDocument.Parse(screen.Out).RootElement;
        Assert.False(report.GetProperty("is_same").GetBoolean());
        Assert.Contains(report.GetProperty("devices").EnumerateArray(), device => device.GetProperty("name").GetString() == "timer");
        Assert.NotEqual(0, report.GetProperty("ram").GetArrayLength());
    }

    [Theory]
    [InlineData("q100-tiny.stream")]
    [InlineData("q100-xbzrle.stream")]
    [InlineData("q72-compress.stream")]
    [InlineData("q100-mapped.file")]
    public async Task AnImportedStateIsTheStateThatItWas(string vector)
    {
        var screen = new TestScreen();
        screen.Environment["SAVEVM_REPOSITORY"] = Path.Combine(_folder, "repository");
        string path = Vector(vector);
        ExitCode code = await screen.RunAsync("import", "tiny", path);
        Assert.True(code == ExitCode.Done, screen.Error);
        Assert.Equal(ExitCode.Done, await screen.RunAsync("diff", path, "tiny", "--pages"));
        Assert.Equal(ExitCode.Done, await screen.RunAsync("verify", "tiny"));
        Assert.Equal(ExitCode.Done, await screen.RunAsync("inspect", "tiny", "--ram"));
    }

    [Fact]
    public async Task ADamagedFileIsNotImported()
    {
        var screen = new TestScreen();
        string repository = Path.Combine(_folder, "repository");
        screen.Environment["SAVEVM_REPOSITORY"] = repository;
        string path = Vector("q100-tiny.stream");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..5000]);
        Assert.Equal(ExitCode.Damaged, await screen.RunAsync("import", "tiny", path));
        Assert.Empty(Directory.GetFileSystemEntries(repository));
        Assert.Equal(ExitCode.NotFound, await screen.RunAsync("import", "tiny", Path.Combine(_folder, "nothing")));
    }

    private string Vector(string name)
    {
        string path = Path.Combine(_folder, name);
        using Stream stored = typeof(InspectionCommandTests).Assembly.GetManifestResourceStream(name + ".gz")!;
        using var unpacked = new GZipStream(stored, CompressionMode.Decompress);
        using FileStream file = File.Create(path);
        unpacked.CopyTo(file);
        return path;
    }
}
