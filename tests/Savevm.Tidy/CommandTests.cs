using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;

namespace Savevm.Tidy;

/// <summary>What the pages tell a reader to type can be typed.</summary>
[SupportedOSPlatform("linux")]
public sealed partial class CommandTests
{
    /// <summary>Verbs of the scripts themselves, which the executable does not know.</summary>
    private static readonly string[] LauncherVerbs = ["publish"];

    public static TheoryData<string> Scripts =>
        [.. RepositoryFiles.All.Where(path => RepositoryFiles.Read(path).StartsWith("#!/", StringComparison.Ordinal))];

    public static TheoryData<string> Verbs => [.. VerbsIn(RepositoryFiles.Read("README.md"))];

    [Theory]
    [MemberData(nameof(Scripts))]
    public void A_script_is_executable_and_parses(string path)
    {
        UnixFileMode mode = File.GetUnixFileMode(RepositoryFiles.FullPath(path));
        Assert.True(mode.HasFlag(UnixFileMode.UserExecute | UnixFileMode.OtherExecute), $"{path} is not executable");
        string shell = RepositoryFiles.Read(path).Split('\n')[0][2..];
        Assert.Equal(0, Run(shell, "-n", RepositoryFiles.FullPath(path)).ExitCode);
    }

    [Fact]
    public void The_scripts_that_the_README_names_are_there()
    {
        string[] named = [.. ScriptCall().Matches(RepositoryFiles.Read("README.md")).Select(match => match.Groups["script"].Value).Distinct()];
        Assert.Contains("test", named);
        Assert.Contains("savevm", named);
        Assert.All(named, script => Assert.Contains(script, RepositoryFiles.All));
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void A_command_that_the_README_shows_is_one_the_executable_knows(string verb)
    {
        string? executable = Environment.GetEnvironmentVariable("SAVEVM_EXE");
        Assert.SkipWhen(executable is null, "SAVEVM_EXE names no executable; ./test sets it");
        (int exitCode, string help) = Run(executable, verb, "--help");
        Assert.Equal(0, exitCode);
        // An unknown command with --help gets the help of the program.
        Assert.Contains($"Usage: savevm {verb}", help, StringComparison.Ordinal);
    }

    private static IEnumerable<string> VerbsIn(string text) => VerbCall().Matches(text).Select(match => match.Groups["verb"].Value)
        .Distinct().Except(LauncherVerbs);

    private static (int ExitCode, string Output) Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{program} does not start");
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    [GeneratedRegex(@"(?:^|[\s`])\./(?<script>[\w.-]+)", RegexOptions.Multiline)]
    private static partial Regex ScriptCall();

    // A command line in a block of its own or between backticks: "savevm capture ..." or "./savevm capture ...".
    [GeneratedRegex(@"(?:^|`)\s*(?:\$ )?(?:\./)?savevm (?<verb>[a-z]+)", RegexOptions.Multiline)]
    private static partial Regex VerbCall();
}
