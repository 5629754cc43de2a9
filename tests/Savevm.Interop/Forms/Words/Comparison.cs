using System.Globalization;

namespace Savevm.Interop.Forms.Words;

/// <summary>Pairs of values: what QEMU says of its stopped guest, and what was decoded from the state that it saved then.</summary>
internal sealed class Comparison
{
    private readonly Dictionary<string, int> _compared = [];
    private readonly Dictionary<string, int> _telling = [];
    private readonly List<string> _differences = [];

    private string _topic = string.Empty;

    /// <summary>Begins a topic; the pairs that follow are counted for it.</summary>
    public void Begin(string topic) => _topic = topic;

    /// <summary>Compares two numbers.</summary>
    public void Same(string what, ulong theirs, ulong ours)
    {
        Count(theirs != 0);
        if (theirs != ours)
        {
            _differences.Add(string.Create(CultureInfo.InvariantCulture, $"{_topic}: {what}: QEMU says 0x{theirs:x}, decoded is 0x{ours:x}"));
        }
    }

    /// <summary>Compares two texts.</summary>
    public void Same(string what, string theirs, string ours)
    {
        Count(theirs.Length > 0);
        if (theirs != ours)
        {
            _differences.Add($"{_topic}: {what}: QEMU says \"{theirs}\", decoded is \"{ours}\"");
        }
    }

    /// <summary>What differs, and what was hardly compared.</summary>
    /// <param name="least">Of each topic, how many pairs there are at least, and how many in which QEMU's value is neither zero nor empty.</param>
    public IReadOnlyList<string> Findings(IReadOnlyDictionary<string, (int Compared, int Telling)> least) =>
    [
        .. _differences,
        .. from row in least
           let compared = _compared.GetValueOrDefault(row.Key)
           let telling = _telling.GetValueOrDefault(row.Key)
           where compared < row.Value.Compared || telling < row.Value.Telling
           select string.Create(
               CultureInfo.InvariantCulture,
               $"{row.Key}: only {compared} pairs, {telling} of them telling, not {row.Value.Compared} and {row.Value.Telling}"),
    ];

    public override string ToString() => string.Join(", ", _compared.Select(row => string.Create(
        CultureInfo.InvariantCulture, $"{row.Key} {row.Value} ({_telling.GetValueOrDefault(row.Key)} telling)")));

    private void Count(bool isTelling)
    {
        _compared[_topic] = _compared.GetValueOrDefault(_topic) + 1;
        _telling[_topic] = _telling.GetValueOrDefault(_topic) + (isTelling ? 1 : 0);
    }
}
