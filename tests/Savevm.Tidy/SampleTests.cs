namespace Savevm.Tidy;

/// <summary>What the README shows of the sample is what is compiled.</summary>
public sealed class SampleTests
{
    private const string Machine = "samples/Savevm.Samples.Machine/SampleMachine.cs";
    private const string Store = "samples/Savevm.Samples.KeyValue/SavedStore.cs";

    [Theory]
    [InlineData(Machine, "SampleMachine")]
    [InlineData(Store, "SavedStore")]
    public void The_README_shows_the_whole_type_as_it_is_compiled(string path, string name)
    {
        string source = RepositoryFiles.Read(path);
        string type = source[source.IndexOf($"internal sealed class {name}", StringComparison.Ordinal)..];
        Assert.Contains($"```csharp\n{type.TrimEnd()}\n```\n", RepositoryFiles.Read("README.md"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_machine_is_short_enough_to_be_read()
    {
        Assert.InRange(RepositoryFiles.Read(Machine).Split('\n').Length, 30, 100);
    }
}
