using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Savevm.VMState.Attributes;
using Savevm.VMState.Generator;

namespace Savevm.VMState.Tests.Generator;

/// <summary>The generator is run on sources that it must take, and on one for each thing that it refuses.</summary>
public sealed class DiagnosticTests
{
    private static readonly Lazy<MetadataReference[]> References = new(() =>
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Append(typeof(VMStateAttribute).Assembly.Location).Distinct().Select(path => MetadataReference.CreateFromFile(path)),
    ]);

    [Theory]
    [InlineData("[VMState(\"a\")] class A { [VMStateField] int x; }", "SVM001", "'A'")]
    [InlineData("class B { [VMState(\"a\")] partial class A { [VMStateField] int x; } }", "SVM001", "'A'")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStateField] decimal x; }", "SVM002", "decimal")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStateField] System.Collections.Generic.List<int> x; }", "SVM002", "List")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStateTimer] int x; }", "SVM002", "no long")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStateEqual] long x; }", "SVM002", "checked form")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStateBuffer(3)] int[] x; }", "SVM002", "bytes")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStateArray] int[] x; }", "SVM003", "'x'")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStateArray(3, CountField = \"n\")] int[] x; int n; }", "SVM003", "'x'")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStateArray(CountField = \"n\")] int[] x; }", "SVM004", "'n'")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStateField(When = \"M\")] int x; int M() => 1; }", "SVM004", "'M'")]
    [InlineData("[VMState(\"\")] partial class A { [VMStateField] int x; }", "SVM005", "''")]
    [InlineData("[VMState(\"\\u00fc\")] partial class A { [VMStateField] int x; }", "SVM005", "printable")]
    [InlineData("[VMState(\"a\", Version = 1, MinimumVersion = 2)] partial class A { [VMStateField] int x; }", "SVM006", "2")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStateField] readonly int x; }", "SVM007", "read-only")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStateField] static int x; }", "SVM007", "static")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStateField(Subsection = \"a/b\")] int x; }", "SVM008", "'a/b'")]
    [InlineData("[VMState(\"a\")] [VMStateSubsection(\"b/c\")] partial class A { [VMStateField(Subsection = \"b/c\")] int x; }", "SVM008", "'a/...'")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStateField] int x; } partial class A { [VMStateField] int y; }", "SVM009", "'A'")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStatePostLoad] int M() => 1; }", "SVM010", "'M'")]
    [InlineData("[VMState(\"a\")] partial class A<T> { [VMStateField] int x; }", "SVM011", "'A'")]
    [InlineData("[VMState(\"a\", Version = 1)] partial class A { [VMStateField(Since = 2)] int x; }", "SVM012", "since version 2")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStateField] [VMStateTimer] long x; }", "SVM013", "'x'")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStateField] int x => 1; }", "SVM014", "'x'")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStateField] int x { get; } }", "SVM007", "read-only")]
    [InlineData("[VMState(\"a\")] partial class A { int n; [VMStateArray(CountField = \"n\", Limit = 3)] readonly int[] x; }", "SVM007", "read-only")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStateArray(3, Limit = 3)] int[] x; }", "SVM003", "'x'")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStateDescriptor] long x; }", "SVM002", "descriptor")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStateTimer] long[] x; }", "SVM003", "'x'")]
    [InlineData("[VMState(\"a\")] partial class A { [VMStateValidate(\"v\")] int M() => 1; }", "SVM010", "'M'")]
    public void What_cannot_be_generated_is_refused_with_its_number(string source, string id, string words)
    {
        GeneratorDriverRunResult result = Run(source, out _);
        Assert.Contains(result.Diagnostics, found => found.Id == id && found.GetMessage(null).Contains(words, StringComparison.Ordinal));
        Assert.Empty(result.GeneratedTrees);
    }

    [Fact]
    public void Nested_types_structures_and_the_global_namespace_compile()
    {
        const string Source = """
            partial class Outer
            {
                [VMState("inner")]
                public partial struct Inner { [VMStateField] public int x; [VMStateArray(2)] public byte[] y; }
            }

            [VMState("device", Priority = Savevm.VMState.VMStatePriority.PciBus, Unmigratable = "because of \"x\"")]
            partial record class Device
            {
                [VMStateField] Outer.Inner a;
                [VMStateArray(2, Pointers = true)] Device?[] p = new Device?[2];
                [VMStateTree] System.Collections.Generic.SortedDictionary<ulong, Outer.Inner> t = new();
                [VMStateField] string name = "";
                [VMStateEqual(OrLess = true)] int most;
                [VMStateBitmap(70)] ulong[] map = new ulong[2];
                [VMStateBuffer(CountField = nameof(most), Factor = 2)] byte[] data = new byte[9];
            }
            """;
        GeneratorDriverRunResult result = Run(Source, out Compilation output);
        Assert.Empty(result.Diagnostics);
        Assert.Equal(2, result.GeneratedTrees.Length);
        Assert.Empty(output.GetDiagnostics(TestContext.Current.CancellationToken).Where(found => found.Severity == DiagnosticSeverity.Error));
    }

    [Fact]
    public void A_type_that_did_not_change_is_not_generated_again()
    {
        CSharpCompilation compilation = Compile("[VMState(\"a\")] partial class A { [VMStateField] int x; }");
        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            [new VMStateGenerator().AsSourceGenerator()], driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, true));
        driver = driver.RunGenerators(compilation, TestContext.Current.CancellationToken);
        driver = driver.RunGenerators(compilation.AddSyntaxTrees(Parse("class Other;")), TestContext.Current.CancellationToken);
        IncrementalStepRunReason[] reasons =
        [
            .. driver.GetRunResult().Results[0].TrackedOutputSteps.SelectMany(step => step.Value).SelectMany(step => step.Outputs)
                .Select(output => output.Reason),
        ];
        Assert.All(reasons, reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
        Assert.NotEmpty(reasons);
    }

    private static GeneratorDriverRunResult Run(string source, out Compilation output) =>
        CSharpGeneratorDriver.Create(new VMStateGenerator()).RunGeneratorsAndUpdateCompilation(
            Compile(source), out output, out _, TestContext.Current.CancellationToken).GetRunResult();

    private static CSharpCompilation Compile(string source) => CSharpCompilation.Create(
        "device",
        [Parse("#nullable enable\nusing Savevm.VMState.Attributes;\n" + source)],
        References.Value,
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));

    private static SyntaxTree Parse(string source) =>
        CSharpSyntaxTree.ParseText(source, cancellationToken: TestContext.Current.CancellationToken);
}
