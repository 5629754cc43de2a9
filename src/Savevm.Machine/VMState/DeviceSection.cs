namespace Savevm.Machine.VMState;

/// <summary>The state of one device, as it travelled: always raw, never interpreted by the engine.</summary>
/// <param name="IdStr">The device's name in the stream, such as <c>0000:00:01.1/ide</c>.</param>
/// <param name="InstanceId">Number among devices of the same name.</param>
/// <param name="VersionId">Version of the device's description.</param>
/// <param name="SectionId">The sender's registration number; kept so that a replay is verbatim.</param>
/// <param name="Body">The bytes between section header and footer.</param>
public sealed record DeviceSection(string IdStr, uint InstanceId, uint VersionId, uint SectionId, ReadOnlyMemory<byte> Body)
{
    /// <summary>The section came before the RAM blocks and must be replayed there (virtio-mem's early state).</summary>
    public bool IsEarly { get; init; }
}
