namespace Savevm.Repository.Tests;

public sealed class SnapshotNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("Web-2.old_1")]
    [InlineData("_")]
    public void Ordinary_names_are_accepted(string name) => SnapshotName.Validate(name);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("-rf")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a\0")]
    [InlineData("a\n")]
    [InlineData("é")]
    [InlineData("a\\b")]
    public void Names_that_could_leave_the_repository_or_look_like_options_are_refused(string? name)
    {
        Assert.Throws<ArgumentException>(() => SnapshotName.Validate(name));
        using var temporary = new TemporaryRepository();
        Assert.Throws<ArgumentException>(() => temporary.Repository.BeginSnapshot(name!));
        Assert.Throws<ArgumentException>(() => temporary.Repository.Find(name!));
        Assert.Throws<ArgumentException>(() => temporary.Repository.Remove(name!));
        Assert.False(temporary.Repository.Contains(name!));
        Assert.Empty(temporary.Entries);
    }

    [Fact]
    public void The_longest_name_works_and_a_longer_one_does_not()
    {
        using var temporary = new TemporaryRepository();
        var longest = new string('n', SnapshotName.MaximumLength);
        SampleSnapshot.Write(temporary.Repository, longest);
        temporary.Repository.Remove(longest);
        Assert.Throws<ArgumentException>(() => SnapshotName.Validate(longest + "n"));
    }
}
