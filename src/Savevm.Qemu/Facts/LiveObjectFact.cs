using System.Text.Json.Nodes;

namespace Savevm.Qemu.Facts;

/// <summary>An object of a live QEMU that <c>-object</c> or <c>object-add</c> made: a backend, a thread, a secret.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Type">Its type, such as <c>iothread</c>.</param>
public sealed record LiveObjectFact(string Id, string Type)
{
    /// <summary>Its properties, where they were asked for: only of objects that no option made, and never of secrets.</summary>
    public IReadOnlyDictionary<string, JsonNode> Properties { get; init; } = new Dictionary<string, JsonNode>();
}
