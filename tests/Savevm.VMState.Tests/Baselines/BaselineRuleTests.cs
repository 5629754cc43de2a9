using Microsoft.CodeAnalysis;

namespace Savevm.VMState.Tests.Baselines;

/// <summary>A device that was released, one that it became, and what the analyzer says about it.</summary>
public sealed class BaselineRuleTests
{
    private const string Device = """
        [VMState("dev", Version = 2, MinimumVersion = 1)]
        [VMStateSubsection("dev/sub", Needed = "IsNeeded")]
        partial class Device
        {
            [VMStateField] uint a;
            [VMStateField] ushort b;
            [VMStateField] byte count;
            [VMStateArray(4)] ushort[] fixedOnes = new ushort[4];
            [VMStateArray(CountField = "count")] uint[] counted = new uint[4];
            [VMStateField(Since = 2)] ulong late;
            [VMStateField(When = "Has")] int maybe;
            [VMStateUnused(4)] [VMStateField] Part part = new();
            [VMStateField(Subsection = "dev/sub")] byte inner;
            [VMStateField(Subsection = "dev/sub")] byte deep;
            bool Has() => true;
            bool Other() => true;
            bool IsNeeded() => true;
        }
        [VMState("part", Version = 1)] [VMStateSubsection("part/more", Needed = "N")]
        partial class Part { [VMStateField] byte p; [VMStateField] byte q; [VMStateField(Subsection = "part/more")] byte r; bool N() => true; }
        """;

    [Theory]
    [InlineData("SVM101", "'x'", "ushort b;", "ushort b; [VMStateField] int x;")]
    [InlineData("SVM101", "'x'", "ushort b;", "ushort b; [VMStateField(Since = 2)] int x;")]
    [InlineData("SVM101", "'x'", "ushort b;", "ushort b; [VMStateField(When = \"Has\")] int x;")]
    [InlineData("SVM101", "'unused'", "ushort b;", "ushort b; [VMStateField(Since = 3)] [VMStateUnused(2)] int x;", "Version = 2", "Version = 3")]
    [InlineData("SVM101", "'x' was added to 'dev/sub'", "byte deep;", "byte deep; [VMStateField(Subsection = \"dev/sub\")] byte x;")]
    [InlineData("SVM102", "'b'", "[VMStateField] ushort b;", "")]
    [InlineData("SVM102", "'b'", "[VMStateField] ushort b;", "[VMStateUnused(3)]")]
    [InlineData("SVM102", "'unused'", "[VMStateUnused(4)]", "")]
    [InlineData("SVM102", "'deep' of 'dev/sub'", "[VMStateField(Subsection = \"dev/sub\")] byte deep;", "")]
    [InlineData("SVM103", "'b'", "uint a;", "ushort b;", "ushort b;", "uint a;")]
    [InlineData("SVM104", "uint32 and is int32", "uint a", "int a")]
    [InlineData("SVM104", "uint32 and is uint64", "uint a", "ulong a")]
    [InlineData("SVM104", "uint16[4] and is uint16[3]", "(4)] ushort", "(3)] ushort")]
    [InlineData("SVM104", "uint16[4] and is uint32[4]", "(4)] ushort[] fixedOnes = new ushort", "(4)] uint[] fixedOnes = new uint")]
    [InlineData("SVM104", "uint32[\"count\"] and is uint32[\"b\"]", "CountField = \"count\"", "CountField = \"b\"")]
    [InlineData("SVM104", "uint32[\"count\"] and is uint32[\"other\"]", "byte count;", "byte count, other;", "CountField = \"count\"", "CountField = \"other\"")]
    [InlineData("SVM104", "'part'", "[VMStateField] Part part = new();", "[VMStateField] Else part = new();")]
    [InlineData("SVM104", "StructVersion=1", "[VMStateField] Part", "[VMStateField(StructVersion = 1)] Part")]
    [InlineData("SVM104", "equal(uint32)", "[VMStateField] uint a", "[VMStateEqual] uint a")]
    [InlineData("SVM105", "always, and is when Has", "[VMStateField] uint a", "[VMStateField(When = \"Has\")] uint a")]
    [InlineData("SVM105", "always, and is since version 2", "[VMStateField] uint a", "[VMStateField(Since = 2)] uint a")]
    [InlineData("SVM105", "since version 2, and is always", "(Since = 2)", "")]
    [InlineData("SVM105", "when Has says so, and is always", "(When = \"Has\")", "")]
    [InlineData("SVM105", "is when Other", "(When = \"Has\")", "(When = \"Other\")")]
    [InlineData("SVM106", "'b2' of 'dev' was called 'b'", "ushort b;", "ushort b2;")]
    [InlineData("SVM107", "version 1", "Version = 2, M", "Version = 1, M", "Since = 2", "Since = 1")]
    [InlineData("SVM108", "from version 1 on and is from 2", "MinimumVersion = 1", "MinimumVersion = 2")]
    [InlineData("SVM108", "from version 1 on and is from 3", "Version = 2, MinimumVersion = 1", "Version = 3")]
    [InlineData("SVM108", "'dev/sub'", "\"dev/sub\", N", "\"dev/sub\", Version = 1, N")]
    [InlineData("SVM110", "called 'dev/new'", "dev/sub", "dev/new", "dev/sub", "dev/new", "dev/sub", "dev/new")]
    [InlineData("SVM111", "'dev/always'", "partial class Device\n{", "[VMStateSubsection(\"dev/always\")] partial class Device { [VMStateField(Subsection = \"dev/always\")] int x;")]
    [InlineData("SVM114", "called 'device'", "\"dev\"", "\"device\"", "dev/sub", "device/sub", "dev/sub", "device/sub", "dev/sub", "device/sub")]
    [InlineData("SVM117", "'s' was added to 'part'", "byte q;", "byte q; [VMStateField(Since = 2)] byte s;", "(\"part\", Version = 1)", "(\"part\", Version = 2, MinimumVersion = 1)")]
    public void What_breaks_a_released_state_is_told_by_its_rule(string id, string words, params string[] edits)
    {
        Diagnostic[] found = SourceProject.Findings(Edit(edits), SourceProject.Baseline(Device));
        Assert.DoesNotContain(found, row => row.Id.StartsWith("CS", StringComparison.Ordinal));
        Assert.Contains(found, row => row.Id == id && row.GetMessage(null).Contains(words, StringComparison.Ordinal));
        Assert.All(found, row => Assert.NotEqual(Location.None, row.Location));
    }

    [Theory]
    [InlineData("ushort b;", "ushort b; [VMStateField(Since = 3)] int x;", "Version = 2, M", "Version = 3, M")]
    [InlineData("ushort b;", "ushort b; [VMStateField(Since = 3)] [VMStateUnused(2, Since = 3)] int x;", "Version = 2, M", "Version = 3, M")]
    [InlineData("[VMStateField] ushort b;", "[VMStateUnused(2)]")]
    [InlineData("[VMStateField] uint a;\n    [VMStateField] ushort b;", "[VMStateUnused(5)] [VMStateUnused(1)]")]
    [InlineData("[VMStateUnused(4)]", "[VMStateUnused(1)] [VMStateUnused(3)]")]
    [InlineData("[VMStateArray(4)] ushort[] fixedOnes = new ushort[4];", "[VMStateUnused(8)]")]
    [InlineData("partial class Device\n{", "[VMStateSubsection(\"dev/n\", Needed = \"Has\")] partial class Device { [VMStateField(Subsection = \"dev/n\")] int x;")]
    [InlineData("uint a;", "uint anything;", "[VMStateField] uint", "[VMStateField(Name = \"a\")] uint")]
    [InlineData("Version = 2, M", "Version = 3, M")]
    [InlineData("MinimumVersion = 1", "MinimumVersion = 0")]
    [InlineData("class Device", "class Renamed")]
    [InlineData("Part part", "Piece part", "class Part", "class Piece")]
    [InlineData("partial class Part {", "[VMStateSubsection(\"part/n\", Needed = \"N\")] partial class Part { [VMStateField(Subsection = \"part/n\")] byte x;")]
    [InlineData("[VMStateField] byte p;", "[VMStateUnused(1)]")]
    [InlineData("dev/sub\", N", "dev/sub\", Version = 1, MinimumVersion = 0, N", "byte deep;", "byte deep; [VMStateField(Subsection = \"dev/sub\", Since = 1)] byte x;")]
    [InlineData("bool Has() => true;", "")]
    public void What_keeps_every_state_is_news_for_the_baseline_and_nothing_else(params string[] edits)
    {
        string source = edits[0] == "bool Has() => true;" ? Device + " // Nothing else." : Edit(edits);
        Diagnostic[] found = SourceProject.Findings(source, SourceProject.Baseline(Device));
        Assert.All(found, row => Assert.Equal(("SVM116", DiagnosticSeverity.Info), (row.Id, row.Severity)));
        Assert.Equal(SourceProject.Baseline(source) == SourceProject.Baseline(Device), found.Length == 0);
        Assert.Empty(SourceProject.Findings(source, SourceProject.Baseline(source)));
    }

    [Fact]
    public void A_count_that_is_renamed_with_its_field_is_still_the_same_count()
    {
        string source = Edit(["byte count;", "byte number;", "CountField = \"count\"", "CountField = \"number\""]);
        Assert.Equal(["SVM106", "SVM116"], Ids(SourceProject.Findings(source, SourceProject.Baseline(Device))));
    }

    [Fact]
    public void A_count_that_is_no_longer_loaded_counts_nothing()
    {
        string source = Edit(["[VMStateField] byte count;", "byte count; [VMStateUnused(1)]"]);
        Assert.Equal(["SVM104", "SVM116"], Ids(SourceProject.Findings(source, SourceProject.Baseline(Device))));
    }

    [Fact]
    public void A_subsection_that_is_gone_is_told()
    {
        string source = Edit(
        [
            "[VMStateSubsection(\"dev/sub\", Needed = \"IsNeeded\")]", "", "[VMStateField(Subsection = \"dev/sub\")] byte inner;", "",
            "[VMStateField(Subsection = \"dev/sub\")] byte deep;", "",
        ]);
        Assert.Equal(["SVM109", "SVM116"], Ids(SourceProject.Findings(source, SourceProject.Baseline(Device))));
    }

    [Fact]
    public void A_device_is_held_by_its_type_where_several_have_one_name()
    {
        const string Two = """
            [VMState("dev")] partial class First { [VMStateField] int x; }
            [VMState("dev")] partial class Second { [VMStateField] long x; }
            """;
        Assert.Empty(SourceProject.Findings(Two, SourceProject.Baseline(Two)));
        string edited = Two.Replace("long", "short", StringComparison.Ordinal);
        Assert.Equal(["SVM104", "SVM116"], Ids(SourceProject.Findings(edited, SourceProject.Baseline(Two))));
    }

    [Fact]
    public void A_new_device_and_one_that_is_gone_are_told_and_a_project_without_a_baseline_is_left_alone()
    {
        const string One = "[VMState(\"one\")] partial class One { [VMStateField] int x; }";
        const string Two = "[VMState(\"two\")] partial class Two { [VMStateField] int x; }";
        Assert.Equal(["SVM112"], Ids(SourceProject.Findings(One + Two, SourceProject.Baseline(One))));
        Diagnostic gone = Assert.Single(SourceProject.Findings(Two, SourceProject.Baseline(One + Two)));
        Assert.Equal(("SVM113", "Devices.vmstate", 2), (gone.Id, gone.Location.GetLineSpan().Path, gone.Location.GetLineSpan().StartLinePosition.Line));
        Assert.Empty(SourceProject.Findings(One, null));
        // What the generator refuses is not gone, but there and wrong.
        Assert.Equal(["SVM002"], Ids(SourceProject.Findings(One.Replace("int x", "decimal x", StringComparison.Ordinal), SourceProject.Baseline(One))));
    }

    [Theory]
    [InlineData("", "line 1, column 1: expected 'vmstate 1'")]
    [InlineData("vmstate 2\n", "line 1, column 1")]
    [InlineData("vmstate 1 \n", "line 1, column 10: expected the end of the line")]
    [InlineData("vmstate 1\n\ndevice one X version 0 minimum 0\n", "line 3, column 8: expected the name of the device in quotes")]
    [InlineData("vmstate 1\n# remark\ndevice \"one\" One version x minimum 0\n", "line 3, column 26: expected a number")]
    [InlineData("vmstate 1\ndevice \"one\" One version 4294967296 minimum 0\n", "expected a number")]
    [InlineData("vmstate 1\ndevice \"one\" One version 0 minimum 1\n", "a minimum that is not above")]
    [InlineData("vmstate 1\ndevice \"one\" One version 0 minimum 0\n    \"x\" int32\n", "line 3, column 3: expected a word and no more blanks")]
    [InlineData("vmstate 1\ndevice \"one\" One version 0 minimum 0\n  \"x\" int32 sometimes\n", "line 3, column 12: expected the end")]
    [InlineData("vmstate 1\ndevice \"one\" One version 0 minimum 0\n  \"x\" int32 since 1\n", "not above that of the section")]
    [InlineData("vmstate 1\ndevice \"one\" One version 0 minimum 0\n  \"x int32\n", "a quote that ends the name")]
    [InlineData("vmstate 1\ndevice \"one\" One version 0 minimum 0\n  \"x\" struct(\n", "a word in brackets")]
    [InlineData("vmstate 1\ndevice \"one\" One version 0 minimum 0\ndevice \"one\" One version 0 minimum 0\n", "line 3, column 1: expected another device")]
    [InlineData("vmstate 1\ndevice \"one\" One version 0 minimum 0\n  subsection \"one/s\" version 0 minimum 0\n  \"x\" int32\n", "fields stand before")]
    [InlineData("vmstate 1\n  \"x\" int32\n", "line 2, column 1")]
    public void A_baseline_that_cannot_be_read_says_where(string baseline, string words)
    {
        Diagnostic found = Assert.Single(SourceProject.Findings("[VMState(\"one\")] partial class One { [VMStateField] int x; }", baseline));
        Assert.Equal("SVM115", found.Id);
        Assert.Contains(words, found.GetMessage(null), StringComparison.Ordinal);
    }

    private static string[] Ids(Diagnostic[] found) => [.. found.Select(row => row.Id).Order(StringComparer.Ordinal)];

    // Each pair replaces a text by another: behind the last one, or else the first.
    private static string Edit(string[] edits)
    {
        string source = Device + "\n[VMState(\"else\")] partial class Else { [VMStateField] byte p; [VMStateField] byte q; }";
        if (!edits.Any(edit => edit.Contains("Else", StringComparison.Ordinal)))
            source = Device;
        int from = 0;
        for (int i = 0; i < edits.Length; i += 2)
        {
            int at = source.IndexOf(edits[i], from, StringComparison.Ordinal);
            if (at < 0)
                at = source.IndexOf(edits[i], StringComparison.Ordinal);
            Assert.True(at >= 0, edits[i]);
            source = source[..at] + edits[i + 1] + source[(at + edits[i].Length)..];
            from = at + edits[i + 1].Length;
        }
        return source;
    }
}
