using System.Text.Json.Nodes;

namespace Savevm.Interop.Lab;

/// <summary>How a command ended and what it said.</summary>
internal sealed record SavevmResult(int ExitCode, string Output, string Errors)
{
    /// <summary>Its one JSON document.</summary>
    public JsonNode Json => JsonNode.Parse(Output) ?? throw new InvalidOperationException("the document is null");

    /// <summary>Its JSON documents, one per line.</summary>
    public IReadOnlyList<JsonNode> JsonLines =>
        [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];

    /// <summary>Fails with everything it said unless it ended like this.</summary>
    public SavevmResult Expect(params int[] exitCodes)
    {
        Assert.True(
            exitCodes.Contains(ExitCode), $"exit code {ExitCode}, not {string.Join(" or ", exitCodes)}; it said:\n{Output}\n{Errors}");
        if (ExitCode != 0)
        {
            Assert.Contains("savevm", Errors + Output, StringComparison.Ordinal);
            Assert.DoesNotContain("   at Savevm.", Errors, StringComparison.Ordinal);
        }

        return this;
    }
}
