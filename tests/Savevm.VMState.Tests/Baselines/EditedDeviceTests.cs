using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Runtime.Loader;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Savevm.VMState.Generator;
using Savevm.VMState.Generator.Baselines;

namespace Savevm.VMState.Tests.Baselines;

/// <summary>
/// Devices are edited at random, and states that the old class saved, of every version that it could load, are loaded into the new one.
/// Where the analyzer is content, each must be loaded and each value must be where it was.
/// </summary>
public sealed class EditedDeviceTests
{
    private const int Cases = 80;
    private const int Others = 8;

    [Fact]
    public void What_the_analyzer_is_content_with_loads_every_state_that_was_saved()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        var old = new EditedDevice[Cases];
        var saved = new EditedDevice[Cases];
        var now = new EditedDevice[Cases];
        for (int i = 0; i < Cases; i++)
        {
            old[i] = EditedDevice.Create(random);
            EditedSection device = old[i].Device;
            saved[i] = old[i] with { Device = device.At((uint)random.Next((int)device.Minimum, (int)device.Version + 1)) };
            now[i] = old[i];
            for (int edits = random.Next(1, 4); edits > 0; edits--)
                now[i] = now[i].Edit(random);
        }
        BaselineFile released = BaselineFile.Read("old", SourceProject.Baseline(Compile(old, "released")));
        Assert.Null(released.Error);
        var comparison = new BaselineComparison(StateTypes.Of(Compile(now, "now")), [released], TestContext.Current.CancellationToken);
        var found = new List<Difference>[Cases];
        for (int i = 0; i < Cases; i++)
            found[i] = [.. comparison.Devices.Where(device => device.Type.StartsWith(Space(i) + ".", StringComparison.Ordinal)).SelectMany(comparison.Compare)];
        int[] content = [.. Enumerable.Range(0, Cases).Where(i => IsContent(found[i]) && old[i].Source("") != now[i].Source(""))];
        int[] others = [.. Enumerable.Range(0, Cases).Where(i => !IsContent(found[i])).Take(Others)];

        // Code is made and run of these alone: of what the analyzer refuses, some must be broken, or loading would prove nothing.
        int[] chosen = [.. content, .. others];
        Assembly saver = Emit(Compile(saved, "saved", chosen));
        Assembly loader = Emit(Compile(now, "now", chosen));
        int broken = 0;
        foreach (int i in chosen)
        {
            string space = Space(i);
            var body = (byte[])saver.GetType(space + ".Driver")!.GetMethod("Save")!.Invoke(null, null)!;
            var error = (string)loader.GetType(space + ".Driver")!.GetMethod("Load")!.Invoke(null, [body, saved[i].Device.Version, saved[i].Values])!;
            broken += error.Length > 0 ? 1 : 0;
            Assert.False(
                error.Length > 0 && IsContent(found[i]),
                $"seed {seed}, case {i}: {error}\n{old[i].Source(space)}\nsaved {saved[i].Device.Version}\n{now[i].Source(space)}");
        }
        Assert.True(content.Length >= Cases / 40 && broken > 0, $"seed {seed}: {content.Length} {broken}");
    }

    private static bool IsContent(List<Difference> found) => found.TrueForAll(difference => difference.Rule.Id is "SVM116" or "SVM106");

    private static string Space(int index) => string.Create(CultureInfo.InvariantCulture, $"Case{index}");

    private static CSharpCompilation Compile(EditedDevice[] devices, string name, IEnumerable<int>? chosen = null)
    {
        var text = new StringBuilder();
        foreach (int i in chosen ?? Enumerable.Range(0, devices.Length))
            text.Append(devices[i].Source(Space(i)));
        return SourceProject.Compile(text.ToString(), name);
    }

    private static Assembly Emit(CSharpCompilation compilation)
    {
        CSharpGeneratorDriver.Create(new VMStateGenerator()).RunGeneratorsAndUpdateCompilation(
            compilation, out Compilation output, out ImmutableArray<Diagnostic> refused, TestContext.Current.CancellationToken);
        Assert.Empty(refused);
        using var image = new MemoryStream();
        Assert.Equal([], output.Emit(image, cancellationToken: TestContext.Current.CancellationToken).Diagnostics
            .Where(found => found.Severity == DiagnosticSeverity.Error).Select(found => found.ToString()));
        image.Position = 0;
        return new AssemblyLoadContext(compilation.AssemblyName, isCollectible: true).LoadFromStream(image);
    }
}
