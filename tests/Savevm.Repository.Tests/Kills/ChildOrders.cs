using System.Runtime.InteropServices;
using Savevm.Machine.Ram;

namespace Savevm.Repository.Tests.Kills;

/// <summary>What a child process does. Each line that it prints is true at that moment.</summary>
internal static partial class ChildOrders
{
    private const int FileSizeLimit = 1, FileSizeSignal = 25;

    /// <summary>Writes, tags, renames and removes snapshots until it is killed.</summary>
    internal static void WriteForEver(string path)
    {
        using var repository = SnapshotRepository.Open(path, create: true);
        var prefix = $"p{Environment.ProcessId}-";
        for (var number = 0; ; number++)
        {
            Say("writing", $"{prefix}{number}");
            SampleSnapshot.Write(repository, $"{prefix}{number}");
            Say("written", $"{prefix}{number}");
            if (number % 3 == 0) repository.SetTags($"{prefix}{number}", new Dictionary<string, string> { ["n"] = $"{number}" });
            if (number % 4 != 3) continue;
            Say("removing", $"{prefix}{number - 1}");
            repository.Remove($"{prefix}{number - 1}");
            Say("removed", $"{prefix}{number - 1}");
        }
    }

    /// <summary>Writes a snapshot of which no file may become larger than 300 000 bytes, as if the disk were full there.</summary>
    internal static void FillTheDisk(string path)
    {
        // The kernel sends a signal before it refuses; it must not end the process.
        using var ignored = PosixSignalRegistration.Create((PosixSignal)FileSizeSignal, context => context.Cancel = true);
        using var repository = SnapshotRepository.Open(path, create: true);
        using var writer = repository.BeginSnapshot("web");
        using var pool = new PagePool(128);
        writer.Ram.DeclareBlocks([new RamBlock(0, "main", 100 * RamBlock.PageSize)]);
        // The limit lies within page 73, so that the kernel first writes a part and then refuses. Making the image is past by then.
        ReadOnlySpan<ulong> limit = [300_000, 300_000];
        if (SetLimit(FileSizeLimit, in limit[0]) != 0) throw new InvalidOperationException("setrlimit");
        using (var pages = writer.Ram.OpenWriter())
        {
            for (var page = 0; page < 100; page++) pages.WritePage(0, page, pool.Next(page));
            SayRefusal(pages.Flush);
        }
        SayRefusal(() => writer.SealPages(CancellationToken.None));
    }

    /// <summary>Adds pages to the working set of the sample until it is killed.</summary>
    internal static void AddToWorkingSetForEver(string path)
    {
        using var repository = SnapshotRepository.Open(path, create: false);
        using var snapshot = repository.Find("web");
        for (var page = 0; ; page = (page + 1) % 40)
        {
            snapshot.AddToWorkingSet([new PageAddress(0, page)], isNewResume: true);
            if (page == 0) Say("added", "web");
        }
    }

    /// <summary>Adds pages to the working set of the sample, whose file may not become as large as that.</summary>
    internal static void AddToWorkingSetOnAFullDisk(string path)
    {
        using var ignored = PosixSignalRegistration.Create((PosixSignal)FileSizeSignal, context => context.Cancel = true);
        using var repository = SnapshotRepository.Open(path, create: false);
        using var snapshot = repository.Find("web");
        ReadOnlySpan<ulong> limit = [100, 100];
        if (SetLimit(FileSizeLimit, in limit[0]) != 0) throw new InvalidOperationException("setrlimit");
        SayRefusal(() => snapshot.AddToWorkingSet([.. Enumerable.Range(0, 40).Select(page => new PageAddress(0, page))], isNewResume: true));
    }

    /// <summary>Holds a writer open until its standard input ends.</summary>
    internal static void HoldWriter(string path)
    {
        using var repository = SnapshotRepository.Open(path, create: true);
        using var writer = repository.BeginSnapshot("held");
        writer.Ram.DeclareBlocks(SampleSnapshot.Blocks);
        Say("holding", "held");
        Console.In.ReadToEnd();
    }

    /// <summary>Holds a writer open that has noted four files: one is never made, one is half made, one is whole, one has been written to.</summary>
    internal static void HoldFiles(string path)
    {
        using var repository = SnapshotRepository.Open(Path.Combine(path, "repository"), create: true);
        using var writer = repository.BeginSnapshot("held");
        writer.NoteFiles(new[] { "never", "half", "whole", "used" }.Select(name => (Path.Combine(path, name), 4096L)));
        File.WriteAllBytes(Path.Combine(path, "half"), []);
        File.WriteAllBytes(Path.Combine(path, "whole"), new byte[4096]);
        File.WriteAllBytes(Path.Combine(path, "used"), new byte[8192]);
        Say("holding", "held");
        Console.In.ReadToEnd();
    }

    private static void SayRefusal(Action action)
    {
        try
        {
            action();
        }
        catch (IOException error)
        {
            Say("refused", error.Message);
        }
    }

    private static void Say(string what, string name)
    {
        Console.Out.WriteLine($"{what} {name}");
        Console.Out.Flush();
    }

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in ulong limit);
}
