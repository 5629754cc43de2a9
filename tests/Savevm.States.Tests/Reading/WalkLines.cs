using System.Globalization;
using Savevm.States.Reading;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Forward;
using Savevm.Wire.Ram;

namespace Savevm.States.Tests.Reading;

/// <summary>Notes what a walk finds, in the words of the stored readings.</summary>
internal sealed class WalkLines : IStateVisitor
{
    private readonly List<string> _blocks = [];

    internal List<string> Lines { get; } = [];

    internal List<StateDefect> Defects { get; } = [];

    internal IReadOnlyList<WalkedSection> Sections { get; private set; } = [];

    /// <summary>The text of the description.</summary>
    internal ReadOnlyMemory<byte> Description { get; private set; }

    public void End(long offset, ReadOnlyMemory<byte> description) => Description = description;

    public void Configuration(long offset, ConfigurationRecord configuration) => Say(offset, $"CONFIGURATION {configuration.MachineName}");

    public void SectionBegins(long offset, in SectionHeader header, string idStr) => Say(
        offset,
        header.IdStr is null
            ? $"{SectionTypeTable.Find(header.Type)!.Name} {header.SectionId}"
            : $"{SectionTypeTable.Find(header.Type)!.Name} {header.SectionId} {header.IdStr}/{header.InstanceId} v{header.VersionId}");

    public void RamBlock(long offset, int index, RamSetupBlock block) => _blocks.Add(block.IdStr);

    public void Page(long offset, int block, long page, RamRecordKind kind, ReadOnlySpan<byte> payload)
    {
        string word = kind switch
        {
            RamRecordKind.ZeroPage => "ZERO",
            RamRecordKind.Page => "PAGE",
            RamRecordKind.Xbzrle => "XBZRLE",
            _ => "COMPRESS_PAGE",
        };
        Say(offset, $"{word} {_blocks[block]} 0x{page * 4096:x}");
    }

    public void Command(long offset, CommandRecord command) => Say(offset, $"COMMAND {CommandTable.Find(command.Type)!.Name}");

    public void Devices(IReadOnlyList<WalkedSection> sections, VMDescription? description) => Sections = sections;

    public void Defect(StateDefect defect) => Defects.Add(defect);

    /// <summary>The lines of a stored reading that a walk tells, too.</summary>
    internal static IEnumerable<string> Expected(IEnumerable<string> stored)
    {
        foreach (string line in stored)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            switch (words.ElementAtOrDefault(1))
            {
                case "CONFIGURATION" or "START" or "PART" or "END" or "FULL":
                    yield return string.Join(' ', words);
                    break;
                case "ZERO" or "PAGE" or "XBZRLE" or "COMPRESS_PAGE":
                    yield return string.Join(' ', words.Take(4));
                    break;
                case "COMMAND":
                    yield return string.Join(' ', words.Take(3));
                    break;
            }
        }
    }

    /// <summary>The pages of a block of a mapped-ram file, from its line in a stored reading.</summary>
    internal static IEnumerable<string> ExpectedMapped(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int at = Array.IndexOf(words, "pages");
        if (at < 0)
            yield break;
        long pages = Convert.ToInt64(words[at + 1], 16);
        foreach (string word in words.Skip(at + 2))
        {
            long page = long.Parse(word.AsSpan(0, word.IndexOf(':', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
            yield return string.Create(CultureInfo.InvariantCulture, $"{pages + (page * 4096):x6} PAGE {words[2]} 0x{page * 4096:x}");
        }
    }

    private void Say(long offset, string line) => Lines.Add(string.Create(CultureInfo.InvariantCulture, $"{offset:x6} {line}"));
}
