using System.Diagnostics;

namespace Savevm.Fuzz.Tests;

/// <summary>The program itself, with readers that are broken on purpose.</summary>
public sealed class RunnerTests : IDisposable
{
    private readonly string _output = Directory.CreateTempSubdirectory("savevm-fuzz-").FullName;

    public void Dispose() => Directory.Delete(_output, recursive: true);

    [Fact]
    public void A_defect_behind_a_mark_that_no_chance_would_hit_is_found_made_small_and_found_again()
    {
        // Two to the 32 inputs would be needed without looking at the branches that they take.
        (int code, string text) = Run("--target", "canary", "--seconds", "60", "--seed", "1");

        Assert.Equal(1, code);
        Assert.EndsWith("savevm: 0 passed, 1 failed, 0 skipped", text.TrimEnd(), StringComparison.Ordinal);
        Assert.Contains("ArgumentOutOfRangeException in Savevm.Fuzz.Targets.Canary.Read", text, StringComparison.Ordinal);
        Assert.Contains("seed: 1", text, StringComparison.Ordinal);
        string find = Assert.Single(Directory.GetFiles(Path.Combine(_output, "finds"), "*.input"));
        byte[] input = File.ReadAllBytes(find);
        Assert.Equal("SVM!"u8, input.AsSpan(0, 4));
        Assert.Equal(6, input.Length);
        Assert.Equal(1, Run("--target", "canary", "--replay", find).Code);
        File.WriteAllBytes(find, [.. "SVM!"u8, 1, 0]);
        Assert.Equal(0, Run("--target", "canary", "--replay", find).Code);
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(_output, "kept", "canary")));
    }

    [Fact]
    public void An_input_that_never_ends_is_ended_and_kept()
    {
        (int code, string text) = Run("--target", "canary-loop", "--seconds", "60", "--patience", "1");

        Assert.Equal(1, code);
        Assert.Contains("canary-loop: does not end", text, StringComparison.Ordinal);
        string find = Assert.Single(Directory.GetFiles(Path.Combine(_output, "finds"), "*.input"));
        Assert.Equal("loop"u8, File.ReadAllBytes(find));
    }

    [Fact]
    public void A_reader_without_defect_passes()
    {
        (int code, string text) = Run("--target", "colo", "--seconds", "1");

        Assert.Equal(0, code);
        Assert.Contains("branches", text, StringComparison.Ordinal);
        Assert.EndsWith("savevm: 1 passed, 0 failed, 0 skipped", text.TrimEnd(), StringComparison.Ordinal);
        Assert.Equal(2, Run("--target", "nothing").Code);
        Assert.Equal(2, Run("--seconds", "0").Code);
    }

    private (int Code, string Text) Run(params string[] arguments)
    {
        string[] all = [.. arguments, "--output", _output];
        using Process process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Savevm.Fuzz"), all)
        {
            RedirectStandardOutput = true,
        })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, text);
    }
}
