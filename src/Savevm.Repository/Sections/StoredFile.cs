namespace Savevm.Repository.Sections;

/// <summary>What the manifest says about a file that is stored as it came.</summary>
/// <param name="Bytes">Its size.</param>
/// <param name="Checksum">XXH3-64 of its contents.</param>
public sealed record StoredFile(long Bytes, ulong Checksum);
