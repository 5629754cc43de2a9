using System.Text.RegularExpressions;

namespace Savevm.Qemu.Facts;

/// <summary>
/// Reads what <c>info network</c> prints, which is all that QEMU says of its network backends: <c> \ n1: index=0,type=user,net=10.0.2.0</c>
/// below the device that uses it, or without the first three characters where none does, or behind the port of a hub and a colon.
/// </summary>
internal static partial class NetworkBackendText
{
    private const int MaximumCount = 4096;

    /// <summary>Each backend once, however many queues it has; network devices and ports of hubs are not among them.</summary>
    public static IReadOnlyList<NetworkBackendFact> Parse(string text) =>
    [
        .. Line().Matches(text)
            .Select(match => new NetworkBackendFact(match.Groups["id"].Value, match.Groups["kind"].Value, match.Groups["rest"].Value.TrimEnd('\r')))
            .Where(backend => backend.Kind is not ("nic" or "hubport"))
            .DistinctBy(backend => backend.Id)
            .Take(MaximumCount),
    ];

    [GeneratedRegex(@"^(?: \\ )?(?:[^:\n]+: )?(?<id>[^:\n]+): index=\d+,type=(?<kind>[A-Za-z0-9-]+),?(?<rest>.*)$", RegexOptions.Multiline)]
    private static partial Regex Line();
}
