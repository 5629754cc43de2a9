using System.Text;
using System.Text.Json.Nodes;
using Savevm.Qemu.Qmp;

namespace Savevm.Qemu.Disks;

/// <summary>
/// The disks of a live QEMU and the nodes under them, from three answers: which device has which drive (<c>query-block</c>), what each node
/// is (<c>query-named-block-nodes</c>), and how they hang together (<c>x-debug-query-block-graph</c>, the only one that says so in releases
/// before 10.1).
/// </summary>
public static class BlockGraph
{
    // A chain of images deeper than this is refused by QEMU itself (its limit is 200).
    private const int MaximumDepth = 256;

    // Nodes that several others stand on are counted for each of them. An answer in which nodes stand on themselves has no end otherwise.
    private const int MaximumNodeCount = 16384;

    /// <summary>The questions, in the order that <see cref="Parse"/> wants the answers in.</summary>
    public static IReadOnlyList<QmpCommand> Questions { get; } =
    [
        new("query-block"),
        new("query-named-block-nodes", new JsonObject { ["flat"] = true }),
        new("x-debug-query-block-graph"),
    ];

    /// <summary>The disks. What QEMU did not answer is left out: then they have no children.</summary>
    /// <param name="answers">The answers; null where QEMU has no such command.</param>
    /// <param name="workingDirectory">The folder that QEMU looks relative names up from; null where it is not known.</param>
    /// <exception cref="QemuException">The answers describe nodes without end.</exception>
    public static IReadOnlyList<AttachedDisk> Parse(IReadOnlyList<JsonNode?> answers, string? workingDirectory)
    {
        ArgumentNullException.ThrowIfNull(answers);
        int nodeCount = 0;
        var children = Edges(answers[2]);
        var facts = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (var fact in answers[1].Items())
        {
            facts[fact.Text("node-name") ?? string.Empty] = fact;
        }

        return [.. answers[0].Items().Select(item => new AttachedDisk
        {
            Drive = item.Text("device") ?? string.Empty,
            DevicePath = item.Text("qdev") is { Length: > 0 } path ? path : null,
            IsRemovable = item.Flag("removable"),
            Root = item.Member("inserted") is { } inserted ? Node(inserted, 0) : null,
        })];

        BlockNode Node(JsonNode fact, int depth)
        {
            if (++nodeCount > MaximumNodeCount)
            {
                throw new QemuException("QEMU's answer about its disks cannot be understood: its block nodes stand on each other without end");
            }

            string name = fact.Text("node-name") ?? string.Empty;
            var below = new Dictionary<string, BlockNode>(StringComparer.Ordinal);
            foreach (var (role, child) in depth < MaximumDepth ? children.GetValueOrDefault(name) ?? [] : [])
            {
                if (facts.TryGetValue(child, out var childFact))
                {
                    below.TryAdd(role, Node(childFact, depth + 1));
                }
            }

            return new BlockNode
            {
                Name = name,
                Driver = fact.Text("drv") ?? string.Empty,
                FileName = Complete(fact.Text("file") ?? string.Empty, fact.Text("drv"), workingDirectory, below),
                IsReadOnly = fact.Flag("ro"),
                VirtualBytes = fact.Member("image").Number("virtual-size"),
                IsDirect = fact.Member("cache").Flag("direct"),
                IsNeverFlushed = fact.Member("cache").Flag("no-flush"),
                Children = below,
            };
        }
    }

    /// <summary>A file name as QEMU gives it, with every relative path in it completed.</summary>
    internal static string CompletePaths(string fileName, string workingDirectory)
    {
        const string Json = "json:";
        if (!fileName.StartsWith(Json, StringComparison.Ordinal))
        {
            return Path.Combine(workingDirectory, fileName);
        }

        if (!CheckedJson.TryParse(Encoding.UTF8.GetBytes(fileName[Json.Length..]), out var options, out _))
        {
            return fileName;
        }

        CompletePaths(options, workingDirectory, 0);
        return Json + PlainJson.Text(options);
    }

    private static void CompletePaths(JsonNode? options, string workingDirectory, int depth)
    {
        if (options is not JsonObject members || depth > MaximumDepth)
        {
            return;
        }

        if (members.Text("driver") is "file" or "host_device" or "host_cdrom" && members.Text("filename") is { } path)
        {
            members["filename"] = Path.Combine(workingDirectory, path);
        }

        foreach (var (_, member) in members)
        {
            CompletePaths(member, workingDirectory, depth + 1);
        }
    }

    // A name is a path where a file of the host is at the bottom; an address such as nbd://… stays as it is.
    private static string Complete(string fileName, string? driver, string? workingDirectory, Dictionary<string, BlockNode> below)
    {
        bool isPath = driver is "file" or "host_device" or "host_cdrom" || below.GetValueOrDefault("file")?.Unfiltered.OwnHostPaths().Any() == true;
        return workingDirectory is not null && (isPath || fileName.StartsWith("json:", StringComparison.Ordinal))
            ? CompletePaths(fileName, workingDirectory)
            : fileName;
    }

    private static Dictionary<string, List<(string Role, string Child)>> Edges(JsonNode? graph)
    {
        var names = new Dictionary<long, string>();
        foreach (var node in graph.Member("nodes").Items().Where(node => node.Text("type") == "block-driver"))
        {
            names[node.Number("id")] = node.Text("name") ?? string.Empty;
        }

        var edges = new Dictionary<string, List<(string, string)>>(StringComparer.Ordinal);
        foreach (var edge in graph.Member("edges").Items())
        {
            if (names.TryGetValue(edge.Number("parent"), out var parent) && names.TryGetValue(edge.Number("child"), out var child))
            {
                if (!edges.TryGetValue(parent, out var list))
                {
                    edges[parent] = list = [];
                }

                list.Add((edge.Text("name") ?? string.Empty, child));
            }
        }

        return edges;
    }
}
