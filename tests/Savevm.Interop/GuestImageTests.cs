using System.Security.Cryptography;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>The committed images are what the committed sources give.</summary>
public sealed class GuestImageTests
{
    [Fact]
    public async Task TheTickerIsWhatItsSourceAssemblesTo()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/as") && File.Exists("/usr/bin/ld"), "GNU as and ld are not installed");
        await using var workspace = new Workspace();
        string built = await BuildAsync(workspace);
        Assert.Equal(File.ReadAllBytes(Path.Combine(built, "ticker.bin")), File.ReadAllBytes(GuestSpecification.Image));
    }

    [Theory]
    [InlineData("diskticker", "gcc")]
    [InlineData("aarch64", "aarch64-linux-gnu-gcc")]
    public async Task WhatIsCompiledIsOfItsSources(string name, string compiler)
    {
        byte[] image = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, $"{name}.bin"));
        Dictionary<string, string> origin = Origin(name);
        Assert.True(origin["sources"] == SourcesDigest(name), "the sources changed: run guest/build and commit what it makes");
        Assert.Equal(origin["image"], Convert.ToHexStringLower(SHA256.HashData(image)));

        // Another compiler gives other bytes.
        Assert.SkipUnless(File.Exists($"/usr/bin/{compiler}"), $"{compiler} is not installed; the digests are right");
        await using var workspace = new Workspace();
        LabProcess version = workspace.Owns(LabProcess.Start($"/usr/bin/{compiler}", ["--version"]));
        await version.ExitAsync();
        Assert.SkipUnless(
            version.Output.StartsWith(origin["compiler"] + '\n', StringComparison.Ordinal), $"built by {origin["compiler"]}; the digests are right");
        Assert.Equal(File.ReadAllBytes(Path.Combine(await BuildAsync(workspace), $"{name}.bin")), image);
    }

    private static async Task<string> BuildAsync(Workspace workspace)
    {
        Assert.SkipUnless(File.Exists(RepositoryRoot.Combine("guest", "build")), "the sources are not here");
        string folder = workspace.NewFolder("build");
        LabProcess build = workspace.Owns(LabProcess.Start(RepositoryRoot.Combine("guest", "build"), [folder]));
        Assert.True(await build.ExitAsync() == 0, build.Errors);
        return folder;
    }

    private static Dictionary<string, string> Origin(string name)
    {
        string file = RepositoryRoot.Combine("guest", $"{name}.origin");
        Assert.SkipUnless(File.Exists(file), "the sources are not here");
        return File.ReadAllLines(file).ToDictionary(line => line[..line.IndexOf(' ')], line => line[(line.IndexOf(' ') + 1)..]);
    }

    private static string SourcesDigest(string name)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string folder in new[] { name, "parts" })
        {
            foreach (string file in Directory.EnumerateFiles(RepositoryRoot.Combine("guest", folder)).Order(StringComparer.Ordinal))
            {
                digest.AppendData(File.ReadAllBytes(file));
            }
        }

        return Convert.ToHexStringLower(digest.GetHashAndReset());
    }
}
