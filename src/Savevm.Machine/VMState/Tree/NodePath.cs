namespace Savevm.Machine.VMState.Tree;

/// <summary>How a node is named from the device downward: labels joined by slashes, an element in the place of its array.</summary>
public static class NodePath
{
    /// <summary>The path of a child.</summary>
    /// <param name="path">The path of its parent; empty for the device itself.</param>
    /// <param name="child">The child.</param>
    public static string Below(string path, DecodedNode child)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(child);
        string above = path;
        // An element's label names its array already: ports/ports[2] would say it twice.
        if (child.Index is not null)
            above = path[..Math.Max(path.Length - child.Name.Length - 1, 0)];
        return above.Length == 0 ? child.Label : $"{above}/{child.Label}";
    }
}
