using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;
using Savevm.VMState.CodeFixes;

namespace Savevm.VMState.Tests.Baselines;

/// <summary>A fix is applied in a workspace, and the generator and the analyzer are run over what it left.</summary>
public sealed class CodeFixTests
{
    private const string Device = """
        [VMState("dev", Version = 2)]
        [VMStateSubsection("dev/sub", Needed = nameof(IsNeeded))]
        public partial class Device
        {
            // A remark that stays.
            [VMStateField]
            public uint a;

            [VMStateField(Since = 1)] public ushort b;

            [VMStateField(Subsection = "dev/sub")]
            public byte inner;

            private bool IsNeeded() => inner != 0;
        }
        """;

    [Theory]
    [InlineData("SVM101", "since", "VMStateField(Since = 3)] public int x|[VMState(\"dev\", Version = 3, MinimumVersion = 2)]|// A remark that stays.", "\"x\" int32 since 3", "public ushort b;", "public ushort b; [VMStateField] public int x;")]
    [InlineData("SVM101", "since", "Since = 3)] public int[] x|Version = 3, MinimumVersion = 2", "\"x\" int32[4] since 3", "public ushort b;", "public ushort b; [VMStateArray(4)] public int[] x = new int[4];")]
    [InlineData("SVM101", "since", "(Subsection = \"dev/sub\", Since = 1)] public int x|\"dev/sub\", Needed = nameof(IsNeeded), Version = 1, MinimumVersion = 0", "\"x\" int32 since 1", "public byte inner;", "public byte inner; [VMStateField(Subsection = \"dev/sub\")] public int x;")]
    [InlineData("SVM101", "giveUp", "Version = 3, MinimumVersion = 3", "version 3 minimum 3", "public ushort b;", "public ushort b; [VMStateField] public int x;")]
    [InlineData("SVM102", "unused", "    [VMStateUnused(4)]\n    [VMStateField(Since = 1)]", "\"unused\" unused[4]", "[VMStateField]\n    public uint a;", "")]
    [InlineData("SVM102", "unused", "    [VMStateUnused(2, Behind = true, Since = 1)]\n    [VMStateField]\n    public uint a;", "unused[2] since 1", "[VMStateField(Since = 1)] public ushort b;", "")]
    [InlineData("SVM102", "giveUp", "Version = 3, MinimumVersion = 3", "version 3 minimum 3", "[VMStateField(Since = 1)] public ushort b;", "")]
    [InlineData("SVM104", "giveUp", "Version = 3, MinimumVersion = 3", "\"a\" uint64", "uint a", "ulong a")]
    [InlineData("SVM105", "giveUp", "Version = 3, MinimumVersion = 3", "\"a\" uint32 when IsNeeded", "[VMStateField]\n    public uint", "[VMStateField(When = nameof(IsNeeded))] public uint")]
    [InlineData("SVM106", "name", "[VMStateField(Name = \"a\")]", "\"a\" uint32", "uint a", "uint control")]
    [InlineData("SVM106", "record", "public uint control", "\"control\" uint32", "uint a", "uint control")]
    [InlineData("SVM107", "version", "Version = 2, MinimumVersion = 2", "version 2 minimum 2", "Version = 2", "Version = 1")]
    [InlineData("SVM108", "minimum", "Version = 3, MinimumVersion = 2", "version 3 minimum 2", "Version = 2", "Version = 3")]
    [InlineData("SVM108", "record", "Version = 3)", "version 3 minimum 3", "Version = 2", "Version = 3")]
    [InlineData("SVM111", "record", "dev/always", "subsection \"dev/always\"", "public partial", "[VMStateSubsection(\"dev/always\")] public partial")]
    [InlineData("SVM112", "record", "\"more\"", "device \"more\" More version 0 minimum 0\n  \"m\" int32\n", "[VMState(\"dev\"", "[VMState(\"more\")] partial class More { [VMStateField] int m; }\n[VMState(\"dev\"")]
    [InlineData("SVM114", "device", "[VMState(\"dev\", Version = 2)]", "device \"dev\"", "\"dev\", Version", "\"device\", Version")]
    [InlineData("SVM116", "record", "Version = 3", "version 3 minimum 2", "Version = 2", "Version = 3, MinimumVersion = 2")]
    public async Task A_fix_leaves_nothing_to_find(string id, string key, string sources, string baseline, string from, string to)
    {
        string edited = Device.Replace(from, to, StringComparison.Ordinal);
        if (id == "SVM114")
            edited = edited.Replace("[VMStateSubsection(\"dev/sub\", Needed = nameof(IsNeeded))]", "", StringComparison.Ordinal).Replace("(Subsection = \"dev/sub\")", "", StringComparison.Ordinal);
        string released = SourceProject.Baseline(id == "SVM114" ? edited.Replace("\"device\"", "\"dev\"", StringComparison.Ordinal) : Device);
        Assert.NotEqual(Device, edited);
        Project project = Open(edited, "# What was released.\n" + released);
        Project changed = await Apply(project, id, key);
        (string source, string text) = await Read(changed);
        Assert.All(sources.Split('|'), part => Assert.Contains(part, source, StringComparison.Ordinal));
        Assert.Contains(baseline, text, StringComparison.Ordinal);
        Assert.StartsWith("# What was released.\nvmstate 1\n\ndevice", text, StringComparison.Ordinal);
        Assert.Empty(await Find(changed));
    }

    [Fact]
    public async Task A_baseline_is_not_told_about_a_device_that_still_breaks_something()
    {
        string edited = Device.Replace("uint a", "ulong a", StringComparison.Ordinal).Replace("ushort b;", "ushort b; [VMStateField] public int x;", StringComparison.Ordinal);
        Project project = Open(edited, SourceProject.Baseline(Device));
        Project changed = await Apply(project, "SVM101", "since");
        Assert.Equal(SourceProject.Baseline(Device), (await Read(changed)).Baseline);
        Assert.Equal(["SVM104", "SVM116"], (await Find(changed)).Select(found => found.Id));
    }

    [Fact]
    public async Task All_of_a_kind_are_fixed_at_once_and_share_one_version()
    {
        const string Other = "\n[VMState(\"other\")] public partial class Other { [VMStateField] public int o; }";
        string edited = Device.Replace("ushort b;", "ushort b; [VMStateField] public int x; [VMStateField] public int y;", StringComparison.Ordinal)
            + Other.Replace("int o;", "int o; [VMStateField] public int z;", StringComparison.Ordinal);
        Project project = Open(edited, SourceProject.Baseline(Device + Other));
        var context = new FixAllContext(
            project.Documents.Single(), new BaselineCodeFixProvider(), FixAllScope.Project, "since", ["SVM101"], new Known(), TestContext.Current.CancellationToken);
        CodeAction action = (await new BaselineCodeFixProvider().GetFixAllProvider().GetFixAsync(context))!;
        Project changed = await Apply(project, action);
        (string source, string text) = await Read(changed);
        Assert.Contains("\"dev\", Version = 3, MinimumVersion = 2", source, StringComparison.Ordinal);
        Assert.Contains("\"other\", Version = 1, MinimumVersion = 0", source, StringComparison.Ordinal);
        Assert.Contains("\"x\" int32 since 3\n  \"y\" int32 since 3\n", text, StringComparison.Ordinal);
        Assert.Empty(await Find(changed));
    }

    [Fact]
    public async Task A_structure_in_a_device_has_no_version_to_give_up()
    {
        const string Old = "[VMState(\"dev\")] partial class Dev { [VMStateField] Part p = new(); } [VMState(\"part\")] partial class Part { [VMStateField] int x; }";
        Project project = Open(Old.Replace("int x", "long x", StringComparison.Ordinal), SourceProject.Baseline(Old));
        Assert.Empty(await Fixes(project, Assert.Single(await Find(project), found => found.Id == "SVM104")));
    }

    private static Project Open(string source, string baseline)
    {
        var workspace = new AdhocWorkspace();
        Project project = workspace.AddProject(ProjectInfo.Create(
            ProjectId.CreateNewId(), VersionStamp.Default, "device", "device", LanguageNames.CSharp,
            compilationOptions: new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary), metadataReferences: SourceProject.References.Value));
        return project.AddDocument("Device.cs", SourceProject.Start + source, filePath: "Device.cs").Project
            .AddAdditionalDocument("Devices.vmstate", baseline, filePath: "Devices.vmstate").Project;
    }

    private static async Task<(string Source, string Baseline)> Read(Project project)
    {
        SourceText source = await project.Documents.Single().GetTextAsync(TestContext.Current.CancellationToken);
        SourceText baseline = await project.AdditionalDocuments.Single().GetTextAsync(TestContext.Current.CancellationToken);
        return (source.ToString(), baseline.ToString());
    }

    private static async Task<Diagnostic[]> Find(Project project) => SourceProject.Findings(
        (await project.GetCompilationAsync(TestContext.Current.CancellationToken))!, (await Read(project)).Baseline);

    private static async Task<Project> Apply(Project project, string id, string key)
    {
        Diagnostic found = (await Find(project)).First(row => row.Id == id);
        return await Apply(project, Assert.Single(await Fixes(project, found), action => action.EquivalenceKey == key));
    }

    private static async Task<List<CodeAction>> Fixes(Project project, Diagnostic found)
    {
        Assert.Contains(found.Id, new BaselineCodeFixProvider().FixableDiagnosticIds);
        var actions = new List<CodeAction>();
        await new BaselineCodeFixProvider().RegisterCodeFixesAsync(new CodeFixContext(
            project.Documents.Single(), found, (action, _) => actions.Add(action), TestContext.Current.CancellationToken));
        return actions;
    }

    private static async Task<Project> Apply(Project project, CodeAction action)
    {
        ImmutableArray<CodeActionOperation> operations = await action.GetOperationsAsync(TestContext.Current.CancellationToken);
        return operations.OfType<ApplyChangesOperation>().Single().ChangedSolution.GetProject(project.Id)!;
    }

    // The provider looks for itself.
    private sealed class Known : FixAllContext.DiagnosticProvider
    {
        public override Task<IEnumerable<Diagnostic>> GetAllDiagnosticsAsync(Project project, CancellationToken cancellationToken) => GetProjectDiagnosticsAsync(project, cancellationToken);

        public override Task<IEnumerable<Diagnostic>> GetDocumentDiagnosticsAsync(Document document, CancellationToken cancellationToken) => Task.FromResult<IEnumerable<Diagnostic>>([]);

        public override Task<IEnumerable<Diagnostic>> GetProjectDiagnosticsAsync(Project project, CancellationToken cancellationToken) => Task.FromResult<IEnumerable<Diagnostic>>([]);
    }
}
