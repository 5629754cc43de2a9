using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Savevm.Benchmarks.Processes;

namespace Savevm.Benchmarks;

/// <summary>The folders of one run: a short one for sockets, one on a disk for data. Both are gone afterwards.</summary>
internal sealed class Workspace : IDisposable
{
    private int _folders;

    public Workspace(string dataFolder)
    {
        Sockets = Directory.CreateDirectory(string.Create(CultureInfo.InvariantCulture, $"/tmp/svb-{Environment.ProcessId}")).FullName;
        Data = Directory.CreateDirectory(
            Path.Combine(dataFolder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture))).FullName;
        RunFolder = NewSocketFolder();
        Directory.CreateDirectory(RunFolder);
    }

    public string Data { get; }

    /// <summary>What savevm takes for the user's runtime folder.</summary>
    public string RunFolder { get; }

    private string Sockets { get; }

    /// <summary>The name of a folder that is not there yet.</summary>
    public string NewSocketFolder() =>
        Path.Combine(Sockets, Interlocked.Increment(ref _folders).ToString(CultureInfo.InvariantCulture));

    /// <summary>
    /// The name of a file to write, in a folder that was emptied, once everything that was written before is on the disk: nobody pays for what
    /// another left behind.
    /// </summary>
    public string NewDataFile(string folder)
    {
        string file = Path.Combine(NewDataFolder(folder), "file");
        using (SafeFileHandle probe = File.OpenHandle(file, FileMode.Create, FileAccess.Write))
        {
            _ = Libc.syncfs((int)probe.DangerousGetHandle());
        }

        File.Delete(file);
        return file;
    }

    /// <summary>A new empty folder for data.</summary>
    public string NewDataFolder(string name)
    {
        string folder = Path.Combine(Data, name);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        return Directory.CreateDirectory(folder).FullName;
    }

    /// <summary>Removes both, also while somebody who is being ended still writes into them.</summary>
    public void Dispose()
    {
        for (int i = 0; i < 10; i++)
        {
            try
            {
                foreach (string folder in new[] { Sockets, Data }.Where(Directory.Exists))
                {
                    Directory.Delete(folder, recursive: true);
                }

                return;
            }
            catch (IOException)
            {
                Thread.Sleep(20);
            }
        }
    }
}
