namespace Savevm.Tidy;

public sealed class SourceRulesTests
{
    [Fact]
    public void Every_source_file_keeps_the_house_rules()
    {
        Assert.NotEmpty(RepositoryFiles.CSharp);
        Assert.Equal("", string.Join('\n', RepositoryFiles.CSharp.SelectMany(path => SourceRules.Check(path, RepositoryFiles.Read(path)))));
    }

    [Theory]
    [InlineData("src/Savevm.Wire/Ram/Page.cs", "namespace Savevm.Wire;\npublic sealed class Page;\n", "namespace")]
    [InlineData("src/Savevm.Wire/Page.cs", "namespace Savevm.Wire;\npublic readonly record struct Sheet(int A);\n", "no type of the file's name")]
    [InlineData("src/Savevm.Wire/Page.cs", "namespace Savevm.Wire;\npublic enum Page { }\ninternal static class B\n{\n}\n", "2 types")]
    [InlineData("src/Savevm.Wire/PageHelper.cs", "namespace Savevm.Wire;\ninternal static class PageHelper;\n", "ends in Helper")]
    [InlineData("src/Savevm.Wire/Page.cs", "namespace Savevm.Wire;\n// TO" + "DO later\npublic sealed class Page;\n", "contains TO")]
    public void A_file_that_breaks_a_rule_is_found(string path, string text, string finding)
    {
        Assert.Contains(finding, Assert.Single(SourceRules.Check(path, text)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_401_lines_is_too_long_unless_it_is_a_table()
    {
        string text = new('\n', 401);
        Assert.Single(SourceRules.Check("src/Savevm.Wire/Reader.cs", text));
        Assert.Empty(SourceRules.Check("src/Savevm.Wire/ReaderTable.cs", text));
        Assert.Empty(SourceRules.Check("src/Savevm.Wire/Reader.cs", text[1..]));
    }

    [Fact]
    public void A_part_of_a_partial_type_may_be_named_by_its_topic()
    {
        Assert.Empty(SourceRules.Check("src/Savevm.Wire/Reader.Ram.cs", "namespace Savevm.Wire;\npublic partial class Reader\n{\n}\n"));
    }
}
