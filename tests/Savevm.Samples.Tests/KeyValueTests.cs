using System.Diagnostics;
using System.Globalization;
using Savevm.Hosting.Snapshots;

namespace Savevm.Samples.Tests;

public sealed class KeyValueTests : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "Savevm.Samples.KeyValue");

    private static int Kills => int.Parse(Environment.GetEnvironmentVariable("SAVEVM_CUTS") ?? "4", CultureInfo.InvariantCulture);

    private readonly string _folder = Directory.CreateTempSubdirectory("savevm-keyvalue-").FullName;

    private string Image => Path.Combine(_folder, "store.heap");

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void A_store_that_is_killed_under_load_comes_back_as_it_was_at_the_instant_of_its_last_snapshot()
    {
        Assert.SkipWhen(WriteProtection.Refusal() is { }, $"no write protection here: {WriteProtection.Refusal()}");
        long number = 0, sequence = 0;
        var random = new Random(1);
        int partial = 0;
        for (int round = 0; round <= Kills; round++)
        {
            using Process store = Start();
            if (round > 0)
            {
                // What was found is all that the last snapshot had, or one that was renamed when the kill came; its check is the program's own.
                Assert.True(NumberIn(Await(store, "resumed ")) >= sequence);
                sequence = NumberIn(Await(store, "checked "));
            }
            // The number goes on over restarts.
            long first = NumberIn(Await(store, "saved "));
            Assert.True(first > number, $"snapshot {first} follows {number}");
            number = NumberIn(Await(store, "saved "));
            Assert.Equal(first + 1, number);
            // The next snapshot begins within this time.
            Thread.Sleep(50 + random.Next(250));
            store.Kill();
            store.WaitForExit();
            AwaitNoProcess();
            // The next program takes the image that is whole, and its first snapshot writes over the one that is not.
            Assert.Empty(Directory.GetFiles(_folder).Except([Image, Image + ".partial"]));
            partial += File.Exists(Image + ".partial") ? 1 : 0;
        }
        Assert.True(partial > 0 || Kills < 4, "no kill came while an image was being written");
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(Program, [Image, "--memory", "64", "--writers", "2", "--every", "0.1"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return Process.Start(start)!;
    }

    private static string Await(Process store, string beginning)
    {
        while (store.StandardOutput.ReadLine() is { } line)
        {
            if (line.StartsWith(beginning, StringComparison.Ordinal))
            {
                return line[beginning.Length..];
            }
        }

        throw new InvalidOperationException($"it ended with exit code {(store.WaitForExit(10000) ? store.ExitCode : -1)} before it said '{beginning}'");
    }

    private static long NumberIn(string rest) => long.Parse(rest.Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>The process that served its faults ends with it.</summary>
    private static void AwaitNoProcess()
    {
        Assert.True(
            SpinWait.SpinUntil(() => !Directory.GetDirectories("/proc").Any(IsOfProgram), TimeSpan.FromSeconds(10)),
            "a process of the store is left");
    }

    private static bool IsOfProgram(string process)
    {
        try
        {
            return char.IsAsciiDigit(Path.GetFileName(process)[0]) && File.ResolveLinkTarget(Path.Combine(process, "exe"), false)?.FullName == Program;
        }
        catch (IOException)
        {
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
