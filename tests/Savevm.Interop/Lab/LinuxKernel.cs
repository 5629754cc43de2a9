namespace Savevm.Interop.Lab;

/// <summary>
/// The distribution's kernel with modules, as <c>tools/fetch-linux</c> brings it: in the folder of <c>SAVEVM_TEST_LINUX</c>, else in
/// <c>.cache/linux</c>. None is a failure, never a skip.
/// </summary>
internal sealed class LinuxKernel
{
    private static readonly Lazy<LinuxKernel> s_found = new(static () => new LinuxKernel(
        Environment.GetEnvironmentVariable("SAVEVM_TEST_LINUX") is { Length: > 0 } named ? named : RepositoryRoot.Combine(".cache", "linux")));

    private readonly string _folder;
    private readonly Dictionary<string, string[]> _needs;

    private LinuxKernel(string folder)
    {
        _folder = folder;
        string table = Path.Combine(folder, "modules.dep");
        if (!File.Exists(Image) || !File.Exists(table))
        {
            throw new InvalidOperationException($"no kernel for the Linux guest in {folder}: run tools/fetch-linux");
        }

        _needs = File.ReadLines(table).Select(line => line.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(words => words[0], words => words[1..]);
    }

    public static LinuxKernel Fetched => s_found.Value;

    public string Image => Path.Combine(_folder, "kernel");

    /// <summary>The files of modules and of those that they need, in the order in which they can be loaded. What is part of the kernel has none.</summary>
    public IReadOnlyList<string> ModuleFiles(IEnumerable<string> names)
    {
        var order = new List<string>();
        foreach (string name in names)
        {
            Take(name, order);
        }

        return [.. order.Select(name => Path.Combine(_folder, "modules", name + ".ko"))];
    }

    private void Take(string name, List<string> order)
    {
        if (order.Contains(name) || !_needs.TryGetValue(name, out string[]? needs))
        {
            return;
        }

        foreach (string need in needs)
        {
            Take(need, order);
        }

        order.Add(name);
    }
}
