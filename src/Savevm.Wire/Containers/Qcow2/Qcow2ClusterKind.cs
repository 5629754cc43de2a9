namespace Savevm.Wire.Containers.Qcow2;

/// <summary>What an L2 entry says of its cluster.</summary>
public enum Qcow2ClusterKind
{
    /// <summary>Nothing is stored: zeros, or what a backing file has.</summary>
    Unallocated,

    /// <summary>Zeros.</summary>
    Zero,

    /// <summary>The cluster lies in the file as it is.</summary>
    Data,

    /// <summary>The cluster lies in the file compressed.</summary>
    Compressed,
}
