using Savevm.Machine;
using Savevm.Repository.Snapshots;

namespace Savevm.Inspections;

/// <summary>Checks a snapshot: its files against their checksums, its devices against their description.</summary>
internal static class SnapshotVerification
{
    internal static VerifyReport Run(string name, Snapshot snapshot, Action<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        var defects = new List<InspectedDefect>();
        var checks = new List<string>();
        var meter = new ReadMeter("verify", snapshot.Manifest.RamBytes, progress);
        try
        {
            snapshot.VerifyLayout();
            snapshot.VerifyRam(meter, cancellationToken);
            checks.Add(FormattableString.Invariant($"{snapshot.Manifest.RamBlocks.Count} RAM blocks against their checksums"));
            StateContents contents = StateContents.Read(snapshot);
            foreach (InspectedDevice device in contents.Devices(null))
                defects.AddRange(device.Defects.Select(defect => defect with { Offset = null }));
            checks.Add(FormattableString.Invariant($"{contents.Sections.Count} device sections against their checksum and description"));
        }
        catch (DamagedStateException damage)
        {
            defects.Add(new InspectedDefect(damage.Offset < 0 ? null : damage.Offset, damage.Message));
        }
        return new VerifyReport(name, ["snapshot"]) { BytesRead = meter.Bytes, Checks = checks, Defects = defects };
    }
}
