namespace Savevm.Wire.Iterable;

/// <summary>What a record of block migration is.</summary>
public enum BlockRecordKind
{
    /// <summary>One mebibyte of a disk follows.</summary>
    Data,

    /// <summary>One mebibyte of a disk is zero; nothing follows.</summary>
    Zero,

    /// <summary>How far the source is.</summary>
    Progress,

    /// <summary>The body ends here.</summary>
    EndOfSection,
}
