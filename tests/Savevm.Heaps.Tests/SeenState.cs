using Savevm.States.Reading;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Ram;

namespace Savevm.Heaps.Tests;

/// <summary>What a walk finds.</summary>
internal sealed class SeenState : IStateVisitor
{
    public List<long> Pages { get; } = [];

    public List<string> Sections { get; } = [];

    public List<StateDefect> Defects { get; } = [];

    public void Page(long offset, int block, long page, RamRecordKind kind, ReadOnlySpan<byte> payload) => Pages.Add(page);

    public void Devices(IReadOnlyList<WalkedSection> sections, VMDescription? description) => Sections.AddRange(sections.Select(section => section.IdStr));

    public void Defect(StateDefect defect) => Defects.Add(defect);
}
