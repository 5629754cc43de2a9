namespace Savevm.Wire.Descriptions;

/// <summary>The keys of a description that say something.</summary>
internal enum DescriptionKey
{
    Other,
    Name,
    Type,
    Size,
    Index,
    Fields,
    Struct,
    Version,
    Devices,
    VmsdName,
    ArrayLen,
    PageSize,
    InstanceId,
    Subsections,
    Configuration,
}
