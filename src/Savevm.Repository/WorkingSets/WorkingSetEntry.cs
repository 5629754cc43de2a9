using System.Runtime.InteropServices;

namespace Savevm.Repository.WorkingSets;

/// <summary>One page of a working set, as it stands in the file: 8 bytes, little-endian.</summary>
/// <param name="Page">Page number within the block; the largest block has 2^32 of them.</param>
/// <param name="Block">Index of the block.</param>
/// <param name="ResumeCount">In how many resumes the guest asked for it; 65535 stands for more, too.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly record struct WorkingSetEntry(uint Page, ushort Block, ushort ResumeCount)
{
    internal const int Bytes = 8;
}
