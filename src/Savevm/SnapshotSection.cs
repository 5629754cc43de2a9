namespace Savevm;

/// <summary>A device section of a snapshot.</summary>
/// <param name="Name">Its name, QEMU's idstr, such as <c>0000:00:02.0/virtio-net</c>.</param>
/// <param name="InstanceId">Which of several with that name.</param>
/// <param name="VersionId">The version of its format.</param>
/// <param name="Bytes">Its size.</param>
public sealed record SnapshotSection(string Name, uint InstanceId, uint VersionId, long Bytes);
