using System.Xml.Linq;

namespace Savevm.Tidy;

/// <summary>The layers of docs/architecture.md: references point down, and to nothing that the table does not name.</summary>
public sealed class ProjectReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Savevm.Wire"] = [],
        ["Savevm.Linux"] = [],
        ["Savevm.Transport"] = ["Savevm.Linux"],
        // Of these two it uses nothing: its package holds them.
        ["Savevm.VMState"] = ["Savevm.Wire", "Savevm.VMState.Generator", "Savevm.VMState.CodeFixes"],
        ["Savevm.VMState.Generator"] = [],
        ["Savevm.VMState.CodeFixes"] = ["Savevm.VMState.Generator"],
        ["Savevm.Machine"] = ["Savevm.Wire", "Savevm.Linux"],
        ["Savevm.Migration"] = ["Savevm.Machine", "Savevm.Transport", "Savevm.Wire"],
        ["Savevm.Repository"] = ["Savevm.Machine", "Savevm.Wire", "Savevm.Linux"],
        ["Savevm.Hosting"] = ["Savevm.Machine", "Savevm.Linux", "Savevm.VMState"],
        ["Savevm.States"] = ["Savevm.Machine", "Savevm.Wire", "Savevm.Linux"],
        ["Savevm.Qemu"] = ["Savevm.Transport", "Savevm.Wire", "Savevm.Linux"],
        ["Savevm"] =
        [
            "Savevm.Wire", "Savevm.Linux", "Savevm.Transport", "Savevm.Machine", "Savevm.Migration", "Savevm.Repository", "Savevm.Qemu",
            "Savevm.States",
        ],
        ["Savevm.Heaps"] =
        [
            "Savevm.Wire", "Savevm.Linux", "Savevm.Transport", "Savevm.VMState", "Savevm.Machine", "Savevm.Migration", "Savevm.Hosting", "Savevm.States",
        ],
        ["Savevm.Cli"] = ["Savevm"],
    };

    private static readonly Dictionary<string, string[]> AllowedPackages = new()
    {
        ["Savevm.Machine"] = ["ZstdSharp.Port"],
        ["Savevm.VMState.Generator"] = ["Microsoft.CodeAnalysis.CSharp"],
        ["Savevm.VMState.CodeFixes"] = ["Microsoft.CodeAnalysis.CSharp.Workspaces"],
        ["Savevm.Repository"] = ["System.IO.Hashing"],
        ["Savevm.States"] = ["System.IO.Hashing", "ZstdSharp.Port"],
        ["Savevm.Cli"] = ["System.CommandLine"],
    };

    public static TheoryData<string> Projects => [.. ProjectFiles("src/").Select(Path.GetFileNameWithoutExtension).OfType<string>()];

    [Fact]
    public void Every_project_of_the_product_has_a_row_in_the_table()
    {
        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), Projects.Select(row => row.Data).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_its_row_allows(string project)
    {
        Assert.Empty(References($"src/{project}/{project}.csproj", "ProjectReference").Select(Name).Except(Allowed[project]));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_uses_only_the_packages_its_row_allows(string project)
    {
        string[] allowed = AllowedPackages.GetValueOrDefault(project, []);
        Assert.Empty(References($"src/{project}/{project}.csproj", "PackageReference").Except(allowed));
    }

    /// <summary>A sample is a program of somebody else: it has what the product's libraries offer to everybody, and no package.</summary>
    [Fact]
    public void A_sample_references_only_libraries_of_the_product()
    {
        Assert.NotEmpty(ProjectFiles("samples/"));
        Assert.All(ProjectFiles("samples/"), path =>
        {
            Assert.Empty(References(path, "ProjectReference").Select(Name).Except(Allowed.Keys.Except(["Savevm.Cli"])));
            Assert.Empty(References(path, "PackageReference"));
            Assert.All(References(path, "ProjectReference"), reference => Assert.StartsWith("../../src/", reference, StringComparison.Ordinal));
        });
    }

    [Fact]
    public void The_table_has_no_circle()
    {
        HashSet<string> placed = [];
        while (placed.Count < Allowed.Count)
        {
            string[] next = [.. Allowed.Where(row => !placed.Contains(row.Key) && row.Value.All(placed.Contains)).Select(row => row.Key)];
            Assert.NotEmpty(next);
            placed.UnionWith(next);
        }
    }

    [Fact]
    public void A_project_sees_only_what_it_references_itself()
    {
        // Without this switch the compiler would let Savevm.Cli use everything below Savevm.
        Assert.Contains("<DisableTransitiveProjectReferences>true<", RepositoryFiles.Read("Directory.Build.props"), StringComparison.Ordinal);
        Assert.DoesNotContain(
            ProjectFiles("src/"), path => RepositoryFiles.Read(path).Contains("DisableTransitiveProjectReferences", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_project_is_in_the_solution_and_has_its_lock_file()
    {
        string solution = RepositoryFiles.Read("Savevm.slnx");
        Assert.All(ProjectFiles(""), path =>
        {
            Assert.Contains($"\"{path}\"", solution, StringComparison.Ordinal);
            Assert.Contains($"{Path.GetDirectoryName(path)}/packages.lock.json", RepositoryFiles.All);
        });
    }

    private static IEnumerable<string> ProjectFiles(string below) => RepositoryFiles.All.Where(
        path => path.StartsWith(below, StringComparison.Ordinal) && path.EndsWith(".csproj", StringComparison.Ordinal));

    private static IEnumerable<string> References(string project, string element) => XDocument.Load(RepositoryFiles.FullPath(project))
        .Descendants(element).Select(reference => (string?)reference.Attribute("Include") ?? "");

    private static string Name(string include) => Path.GetFileNameWithoutExtension(include);
}
