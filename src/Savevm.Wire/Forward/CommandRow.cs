using Savevm.Wire.Dialects;

namespace Savevm.Wire.Forward;

/// <summary>One command of the table.</summary>
/// <param name="Type">Its number.</param>
/// <param name="Name">QEMU's name for it.</param>
/// <param name="MinLength">Shortest payload, in bytes.</param>
/// <param name="MaxLength">Longest payload, in bytes.</param>
/// <param name="LengthStep">Legal lengths are the shortest plus a multiple of this.</param>
/// <param name="First">First release that takes it; null where 7.2 does.</param>
/// <param name="Last">Last release that takes it; null where all do.</param>
public sealed record CommandRow(
    CommandType Type,
    string Name,
    int MinLength,
    int MaxLength,
    int LengthStep,
    QemuRelease? First = null,
    QemuRelease? Last = null)
{
    /// <summary>The only legal payload length, or null where the length varies.</summary>
    public int? FixedLength => MinLength == MaxLength ? MinLength : null;

    /// <summary>A payload of this many bytes is legal.</summary>
    public bool AcceptsLength(int length) =>
        length >= MinLength && length <= MaxLength && (length - MinLength) % LengthStep == 0;
}
