using System.Globalization;

namespace Savevm.Cli.Output;

/// <summary>A defect of a saved state as a line.</summary>
public static class DefectText
{
    /// <summary>The line.</summary>
    public static string Of(InspectedDefect defect)
    {
        ArgumentNullException.ThrowIfNull(defect);
        return defect.Offset is { } offset ? string.Create(CultureInfo.InvariantCulture, $"offset 0x{offset:x}: {defect.Finding}") : defect.Finding;
    }
}
