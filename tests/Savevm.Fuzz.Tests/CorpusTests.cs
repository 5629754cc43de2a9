using Savevm.Fuzz.Engine;
using Savevm.Fuzz.Targets;
using Savevm.VMState.Descriptions;

namespace Savevm.Fuzz.Tests;

/// <summary>Every reader, with the inputs that once broke it, with legal ones, and with some that are nearly so.</summary>
public sealed class CorpusTests
{
    private const int ChangedInputs = 200;

    public static TheoryData<string> Targets => [.. TargetTable.Rows.Where(row => !row.IsCanary).Select(row => row.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Every_input_of_the_corpus_keeps_every_promise(string name)
    {
        FuzzTarget target = TargetTable.Find(name)!;
        foreach (byte[] input in Places.Inputs(Places.CorpusOf(target)))
        {
            FuzzFind? find = target.Execute(input);
            Assert.True(find is null, $"{find?.Details}\n{Convert.ToHexStringLower(input)}");
        }
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Every_seed_is_legal_and_so_is_what_becomes_of_a_changed_one(string name)
    {
        FuzzTarget target = TargetTable.Find(name)!;
        byte[][] seeds = [.. target.Seeds()];
        Assert.NotEmpty(seeds);
        var refused = seeds.Where(seed => seed.Length <= target.MaxBytes && Refuses(target, seed)).ToList();
        Assert.True(refused.Count < seeds.Length, "every seed is refused: the target tests a first look alone");
        var loop = new FuzzLoop(target, seed: 1);

        FuzzResult result = loop.Run([], TimeSpan.FromSeconds(30), seeds.Length + ChangedInputs);

        Assert.True(result.Find is null, $"{result.Find?.Details}\n{Convert.ToHexStringLower(result.FoundInput)}");
        Assert.True(result.Executions >= ChangedInputs);
    }

    [Fact]
    public void Names_are_unique_and_every_folder_of_the_corpus_has_its_target()
    {
        string[] names = [.. TargetTable.Rows.Select(row => row.Name)];
        Assert.Equal(names.Length, names.Distinct().Count());
        string[] folders = [.. Directory.EnumerateDirectories(Path.Combine(Places.Root, "tests", "Savevm.Fuzz", "Corpus")).Select(Path.GetFileName).OfType<string>()];
        Assert.NotEmpty(folders);
        Assert.Empty(folders.Except(names));
    }

    [Fact]
    public void Every_kind_of_field_that_a_device_can_have_is_a_target()
    {
        VMStateFieldKind[] foreign = [VMStateFieldKind.NullPointer, VMStateFieldKind.PointerMark, VMStateFieldKind.Unknown];
        foreach (VMStateFieldKind kind in Enum.GetValues<VMStateFieldKind>().Except(foreign))
            Assert.NotNull(TargetTable.Find($"field-{kind.ToString().ToLowerInvariant()}"));
    }

    private static bool Refuses(FuzzTarget target, byte[] input)
    {
        try
        {
            target.Run(input);
            return false;
        }
        catch (Exception refusal) when (target.Refusals.Any(type => type.IsInstanceOfType(refusal)))
        {
            return true;
        }
    }
}
