using Savevm.Benchmarks.Qemu;

namespace Savevm.Benchmarks;

/// <summary>What every benchmark is handed.</summary>
/// <param name="Options">What was asked for.</param>
/// <param name="Qemus">The emulators, oldest first.</param>
/// <param name="Workspace">Where files and sockets go.</param>
/// <param name="Progress">Tells a person what goes on.</param>
internal sealed record BenchmarkRun(
    BenchmarkOptions Options, IReadOnlyList<QemuInstallation> Qemus, Workspace Workspace, Action<string> Progress);
