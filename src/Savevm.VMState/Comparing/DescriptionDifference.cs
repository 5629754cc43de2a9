namespace Savevm.VMState.Comparing;

/// <summary>One difference of two descriptions.</summary>
/// <param name="Change">What changed.</param>
/// <param name="Path">The description or field, such as <c>i8254/channels/mode</c>.</param>
/// <param name="Older">What it was; empty where it was not.</param>
/// <param name="Newer">What it is; empty where it is no more.</param>
public sealed record DescriptionDifference(DescriptionChange Change, string Path, string Older, string Newer)
{
    /// <inheritdoc/>
    public override string ToString() => Change switch
    {
        DescriptionChange.Added or DescriptionChange.SubsectionAdded => $"{Path}: {Change}: {Newer}",
        DescriptionChange.Removed or DescriptionChange.SubsectionRemoved => $"{Path}: {Change}: {Older}",
        _ => $"{Path}: {Change}: {Older} to {Newer}",
    };
}
