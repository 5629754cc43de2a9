namespace Savevm.Cli.Tests.Detached;

public sealed class BackgroundProcessTests
{
    [Fact]
    public async Task It_is_this_program_in_a_session_of_its_own_and_its_output_comes_back()
    {
        using BackgroundProcess process = BackgroundProcess.Start(["--help"]);
        string[] status = File.ReadAllText($"/proc/{process.Id}/stat").Split(") ")[1].Split(' ');
        Assert.Equal(process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), status[3]);
        string output = await process.Output.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Contains(Path.GetFileName(Environment.ProcessPath!), output, StringComparison.Ordinal);
        Assert.Equal(0, process.WaitForExit());
    }
}
