namespace Savevm.Repository.Sections;

/// <summary>Where a device section stands in the device file, and what its header says.</summary>
/// <param name="IdStr">The device's name in the stream.</param>
/// <param name="InstanceId">Number among devices of the same name.</param>
/// <param name="VersionId">Version of the device's description.</param>
/// <param name="SectionId">The sender's registration number.</param>
/// <param name="Offset">Offset of the body in the device file, in bytes.</param>
/// <param name="Bytes">Length of the body.</param>
/// <param name="IsEarly">The section came before the RAM blocks.</param>
public sealed record StoredSection(
    string IdStr, uint InstanceId, uint VersionId, uint SectionId, long Offset, int Bytes, bool IsEarly);
