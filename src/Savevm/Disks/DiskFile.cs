using System.Globalization;
using System.Text.Json.Nodes;
using Savevm.Linux;
using Savevm.Linux.Files;
using Savevm.Recorded;
using Savevm.Repository.Disks;

namespace Savevm.Disks;

/// <summary>
/// An image under a captured disk and what it looked like: size, time of the last write, and a digest of samples. It was frozen when it was
/// recorded, so any difference means that somebody wrote to it since. Time and size tell of every ordinary write; the samples also of a file
/// that was replaced together with its times. Reading all of a disk would take minutes.
/// </summary>
/// <param name="Path">Where it is: complete, or relative to the snapshot's folder for what is part of it.</param>
/// <param name="Driver">Its format.</param>
/// <param name="Bytes">Its size; -1 for a device, whose size the kernel tells elsewhere.</param>
/// <param name="ModifiedNanoseconds">When it was last written, since 1970; 0 for a device.</param>
/// <param name="Sample">XXH3-64 of its samples in hexadecimal; null where it could not be read.</param>
internal sealed record DiskFile(string Path, string Driver, long Bytes, long ModifiedNanoseconds, string? Sample)
{
    // Of a device, whose size is not known here, the beginning is all that is sampled.
    private const long DeviceBytes = 64 << 10;

    /// <summary>Looks at a file as it is now.</summary>
    /// <param name="path">The file.</param>
    /// <param name="recordedPath">What to record as its path.</param>
    /// <param name="driver">Its format.</param>
    /// <exception cref="LinuxException">It is not there.</exception>
    public static DiskFile Read(string path, string recordedPath, string driver)
    {
        var identity = FileIdentity.Of(path);
        var isDevice = path.StartsWith("/dev/", StringComparison.Ordinal);
        return new DiskFile(
            recordedPath, driver, isDevice ? -1 : (long)identity.Bytes, isDevice ? 0 : identity.ModifiedNanoseconds, DiskSample.Of(path, isDevice ? DeviceBytes : (long)identity.Bytes));
    }

    /// <summary>What is different about the file now, one clause; null when nothing is.</summary>
    /// <param name="snapshotFolder">The folder of the snapshot, for relative paths.</param>
    public string? Difference(string snapshotFolder)
    {
        var path = System.IO.Path.Combine(snapshotFolder, Path);
        DiskFile now;
        try
        {
            now = Read(path, Path, Driver);
        }
        catch (LinuxException gone)
        {
            return gone.ErrorNumber is Errno.ENOENT ? $"{path} is not there any more" : $"{path} cannot be looked at: {gone.Message}";
        }
        if (now.Bytes != Bytes) return $"{path} has {now.Bytes} bytes instead of {Bytes}";
        if (now.ModifiedNanoseconds != ModifiedNanoseconds) return $"{path} was written to at {Time(now.ModifiedNanoseconds)}, after the capture";
        if (Sample is not null && now.Sample is not null && now.Sample != Sample) return $"{path} has other contents, though its size and time are as they were";
        return null;
    }

    public static DiskFile Parse(JsonObject json) => new(
        RecordedJson.Text(json, "path") ?? "", RecordedJson.Text(json, "driver") ?? "", RecordedJson.Number(json, "bytes") ?? -1,
        RecordedJson.Number(json, "modified_ns") ?? 0, RecordedJson.Text(json, "sample"));

    public JsonObject ToJson() => new()
    {
        ["path"] = Path,
        ["driver"] = Driver,
        ["bytes"] = Bytes,
        ["modified_ns"] = ModifiedNanoseconds,
        ["sample"] = Sample,
    };

    private static string Time(long nanoseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(nanoseconds / 1_000_000).ToString("yyyy-MM-dd HH:mm:ss.fff 'UTC'", CultureInfo.InvariantCulture);
}
