using System.Text.RegularExpressions;

namespace Savevm.Tidy;

/// <summary>Nothing of the machine that a change was made on may be committed: neither its paths nor the hosts it gets packages from.</summary>
public sealed partial class WordingTests
{
    // Written in two parts each, since this file is held to the rule as well.
    private static readonly string[] ForeignPaths = [".." + "/shared", "/wo" + "rk/", "/ho" + "me/"];

    /// <summary>The home of nobody: tests and examples may have it.</summary>
    private const string MadeUpHome = "/ho" + "me/user";

    private static readonly Lazy<IReadOnlyCollection<string>> PackageHosts = new(FindPackageHosts);

    [Fact]
    public void No_file_names_a_path_of_a_machine()
    {
        Assert.Equal("", Findings(ForeignPaths));
    }

    [Fact]
    public void No_file_names_a_host_that_this_machine_gets_packages_from()
    {
        Assert.Equal("", Findings(PackageHosts.Value));
    }

    [Fact]
    public void The_hosts_of_apt_and_of_NuGet_are_read_from_their_configuration()
    {
        Assert.Equal(
            ["mirror.example", "feed.example"],
            HostsIn("URIs: http://mirror.example:80/debian\n# nothing\n<add key=\"x\" value=\"https://user:word@feed.example/v3/index.json\" />\n"));
        Assert.NotEmpty(PackageHosts.Value);
    }

    private static string Findings(IReadOnlyCollection<string> words) => string.Join(
        '\n',
        from path in RepositoryFiles.All
        let text = RepositoryFiles.Read(path).Replace(MadeUpHome, "", StringComparison.Ordinal)
        from word in words
        where text.Contains(word, StringComparison.OrdinalIgnoreCase)
        select $"{path}: {word}");

    private static HashSet<string> FindPackageHosts()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        IEnumerable<string> files =
        [
            "/etc/apt/sources.list",
            .. ListFiles("/etc/apt/sources.list.d"),
            .. ListFiles("/etc/apt/apt.conf.d"),
            Path.Combine(home, ".nuget/NuGet/NuGet.Config"),
            .. ListFiles(Path.Combine(home, ".nuget/config")),
            .. ListFiles("/etc/opt/NuGet/Config"),
        ];
        HashSet<string> hosts = [];
        foreach (string file in files.Where(File.Exists))
        {
            try
            {
                hosts.UnionWith(HostsIn(File.ReadAllText(file)));
            }
            catch (UnauthorizedAccessException)
            {
                // A configuration that this user may not read is not one that this user's packages came by.
            }
        }

        foreach (string variable in new[] { "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY" })
        {
            hosts.UnionWith(HostsIn(Environment.GetEnvironmentVariable(variable) ?? ""));
        }

        return hosts;
    }

    private static string[] ListFiles(string folder) => Directory.Exists(folder) ? Directory.GetFiles(folder) : [];

    private static IEnumerable<string> HostsIn(string text) =>
        from Match match in Host().Matches(text)
        let host = match.Groups["host"].Value
        where host.Contains('.', StringComparison.Ordinal) && !host.StartsWith("127.", StringComparison.Ordinal)
        select host;

    [GeneratedRegex(@"(?:https?|ftp)://(?:[^/@\s""']*@)?(?<host>[A-Za-z0-9.-]+)")]
    private static partial Regex Host();
}
