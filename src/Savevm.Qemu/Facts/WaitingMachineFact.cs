using System.Text.Json.Nodes;
using Savevm.Qemu.Qmp;

namespace Savevm.Qemu.Facts;

/// <summary>What a QEMU consists of that waits for its state: enough to tell, before a byte is sent, that it would refuse it.</summary>
/// <param name="MachineType">The versioned machine type; empty where it does not say.</param>
/// <param name="Accelerator"><c>kvm</c> or <c>tcg</c>.</param>
/// <param name="Places">Its devices on their buses; empty where it does not say.</param>
/// <param name="RamBlocks">Its RAM blocks; empty where it does not say.</param>
public sealed record WaitingMachineFact(
    string MachineType, string Accelerator, IReadOnlyList<PlacedDeviceFact> Places, IReadOnlyList<RamBlockFact> RamBlocks)
{
    /// <summary>What has to be asked; the answers go to <see cref="Read"/> in the same order.</summary>
    internal static IReadOnlyList<QmpCommand> Questions { get; } =
    [
        MachinePartsReader.Get("/machine", "type"),
        new("query-kvm"),
        MachinePartsReader.Monitor("info qtree"),
        MachinePartsReader.Monitor("info ramblock"),
    ];

    internal static WaitingMachineFact Read(ReadOnlySpan<(JsonNode? Answer, QmpException? Refusal)> answers) => new(
        QemuFactsReader.MachineName(answers[0].Answer.AsText()),
        answers[1].Answer.Flag("enabled") ? "kvm" : "tcg",
        DeviceTreeText.Parse(answers[2].Answer.AsText() ?? string.Empty),
        RamBlockText.Parse(answers[3].Answer.AsText() ?? string.Empty));
}
