namespace Savevm.Wire.Iterable;

/// <summary>The live devices of x86 machines.</summary>
public static class IterableTable
{
    private static readonly IterableRow[] All =
    [
        new(IterableKind.Ram, "ram", HasPath: false, Version: 4),
        new(IterableKind.DirtyBitmap, "dirty-bitmap", HasPath: false, Version: 1),
        new(IterableKind.Block, "block", HasPath: false, Version: 1),
        new(IterableKind.Vfio, "vfio", HasPath: true, Version: 1),
    ];

    /// <summary>All live devices.</summary>
    public static IReadOnlyList<IterableRow> Rows => All;

    /// <summary>The row of a device; null when its format is not known.</summary>
    public static IterableRow? Find(string idStr)
    {
        ArgumentNullException.ThrowIfNull(idStr);
        foreach (IterableRow row in All)
        {
            bool isIt = row.HasPath
                ? idStr.EndsWith("/" + row.IdStr, StringComparison.Ordinal)
                : idStr == row.IdStr;
            if (isIt)
                return row;
        }
        return null;
    }
}
