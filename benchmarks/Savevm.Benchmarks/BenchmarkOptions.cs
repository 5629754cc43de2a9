using System.Globalization;

namespace Savevm.Benchmarks;

/// <summary>What was asked for.</summary>
internal sealed record BenchmarkOptions
{
    public const string Usage =
        """
        ./bench [NAME...] [--json] [--rounds N] [--quick] [--qemu NAME] [--sizes MIB,...]

          NAME       resume, capture, pause, requests, working-set, clones, memory, start; all of them when none is named
          --json     one JSON document with every value instead of tables
          --rounds   rounds that count (9); every contender has its turn in each
          --quick    small guests and three rounds: shows that it works, gives no figure to quote
          --qemu     only the QEMU of this name (stock, backports)
          --sizes    guest sizes in MiB for resume and memory (256,1024,4096,8192)

        $SAVEVM_EXE names the executable that is measured (artifacts/savevm), $SAVEVM_BENCH_FOLDER the folder for snapshots and streams, up to
        4 GiB in all (.cache/bench).
        """;

    public IReadOnlyList<string> Names { get; init; } = [];

    public bool IsJson { get; init; }

    public bool IsQuick { get; init; }

    public int Rounds { get; init; }

    public string? Qemu { get; init; }

    public IReadOnlyList<int> Sizes { get; init; } = [];

    /// <summary>The executable that is measured.</summary>
    public string Savevm { get; } = Environment.GetEnvironmentVariable("SAVEVM_EXE") is { Length: > 0 } path
        ? Path.GetFullPath(path)
        : RepositoryRoot.Combine("artifacts", "savevm");

    /// <summary>Where snapshots and streams are written: on a disk, not in memory.</summary>
    public string DataFolder { get; } = Directory.CreateDirectory(
        Environment.GetEnvironmentVariable("SAVEVM_BENCH_FOLDER") is { Length: > 0 } folder
            ? Path.GetFullPath(folder)
            : RepositoryRoot.Combine(".cache", "bench")).FullName;

    /// <exception cref="FormatException">The words are wrong.</exception>
    public static BenchmarkOptions Parse(IReadOnlyList<string> words)
    {
        var names = new List<string>();
        bool isJson = false;
        bool isQuick = false;
        int? rounds = null;
        string? qemu = null;
        int[]? sizes = null;
        for (int i = 0; i < words.Count; i++)
        {
            switch (words[i])
            {
                case "--json":
                    isJson = true;
                    break;
                case "--quick":
                    isQuick = true;
                    break;
                case "--rounds":
                    rounds = Number(Value(words, ref i));
                    break;
                case "--qemu":
                    qemu = Value(words, ref i);
                    break;
                case "--sizes":
                    sizes = [.. Value(words, ref i).Split(',').Select(Number)];
                    break;
                case ['-', ..]:
                    throw new FormatException($"{words[i]}: no such option");
                default:
                    names.Add(BenchmarkTable.Has(words[i]) ? words[i] : throw new FormatException($"{words[i]}: no such benchmark"));
                    break;
            }
        }

        return new BenchmarkOptions
        {
            Names = names,
            IsJson = isJson,
            IsQuick = isQuick,
            Rounds = rounds ?? (isQuick ? 3 : 9),
            Qemu = qemu,
            Sizes = sizes ?? (isQuick ? [256, 1024] : [256, 1024, 4096, 8192]),
        };
    }

    private static string Value(IReadOnlyList<string> words, ref int i) =>
        ++i < words.Count ? words[i] : throw new FormatException($"{words[i - 1]}: its value is missing");

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
            ? number
            : throw new FormatException($"{text}: not a number above zero");
}
