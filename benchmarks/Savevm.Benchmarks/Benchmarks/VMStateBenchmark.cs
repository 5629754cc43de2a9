using System.Buffers;
using System.Diagnostics;
using System.Reflection;
using MemoryPack;
using Savevm.Benchmarks.Measuring;
using Savevm.Benchmarks.Subjects;
using Savevm.VMState;
using Savevm.VMState.Saving;
using Savevm.Wire;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>
/// Saving and loading a device of two hundred fields: generated from attributes, written by hand with BinaryPrimitives, and by a serializer
/// whose code is generated too, in its own format. That the first two give the same bytes is checked before anything is timed.
/// </summary>
internal static class VMStateBenchmark
{
    private const string Ours = "savevm";
    private const string Hand = "by hand";
    private const string Serializer = "MemoryPack";
    private const int Repetitions = 2000;

    private static readonly Quantity Time = new("ns", "a device", "ns");

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        WideDevice device = Filled();
        var codec = new VMStateCodec<WideDevice>(WideDevice.StateDescription);
        var output = new WireWriter(HandWrittenSave.Bytes);
        var saver = new VMStateSaver(output);
        codec.Save(ref device, saver);
        byte[] bytes = output.WrittenSpan.ToArray();
        byte[] byHand = new byte[HandWrittenSave.Bytes];
        HandWrittenSave.Run(device, byHand);
        RequireEqual(bytes, byHand);
        var packed = new ArrayBufferWriter<byte>(4096);
        MemoryPackSerializer.Serialize(packed, device);
        byte[] serialized = packed.WrittenSpan.ToArray();
        RequireLoaded(codec, bytes, serialized);

        int rounds = run.Options.IsQuick ? 3 : 15;
        Compare(run, findings, "save", rounds,
            () =>
            {
                output.Clear();
                codec.Save(ref device, saver);
            },
            () => HandWrittenSave.Run(device, byHand),
            () =>
            {
                packed.ResetWrittenCount();
                MemoryPackSerializer.Serialize(packed, device);
            });
        WideDevice? target = new();
        WideDevice loaded = target;
        Compare(run, findings, "load", rounds,
            () => codec.Load(ref loaded, bytes, 0),
            () => HandWrittenLoad.Run(loaded, bytes),
            () => MemoryPackSerializer.Deserialize(serialized, ref target));
        long least = long.MaxValue;
        for (int attempt = 0; attempt < 5; attempt++)
        {
            // The runtime allocates now and then for itself; what saving allocates would be there every time.
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Repetitions; i++)
            {
                output.Clear();
                codec.Save(ref device, saver);
                codec.Load(ref loaded, bytes, 0);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        findings.Targets.Add(new Target($"bytes allocated by {Repetitions} saves and loads", 0, "B", true, least, 0));
    }

    private static void Compare(
        BenchmarkRun run, BenchmarkFindings findings, string what, int rounds, Action ours, Action hand, Action serializer)
    {
        var comparison = new Comparison($"{what} 200 fields, {HandWrittenSave.Bytes} bytes", [Time]);
        findings.Comparisons.Add(comparison);
        comparison.Run(
            rounds,
            [
                new Contender(Ours, Role.Ours, () => Measure(ours)),
                new Contender(Hand, Role.Peer, () => Measure(hand)),
                new Contender(Serializer, Role.Peer, () => Measure(serializer)),
            ],
            run.Progress);
        Quartiles? ratio = comparison.Ratio($"{Hand} / {Ours}", Hand, Ours, Time);
        comparison.Ratio($"{Serializer} / {Ours}", Serializer, Ours, Time);
        findings.Targets.Add(new Target($"{what}: of the rate of code written by hand", 0.7, "x", false, ratio?.Median));
    }

    /// <summary>Repeats until a hundredth of a second has passed, and takes the fastest: one disturbance spoils one repetition.</summary>
    private static Dictionary<Quantity, double> Measure(Action action)
    {
        double shortest = double.MaxValue;
        long begin = Stopwatch.GetTimestamp();
        for (int i = 0; i < 5 || Stopwatch.GetElapsedTime(begin) < TimeSpan.FromMilliseconds(10); i++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int n = 0; n < Repetitions; n++)
            {
                action();
            }

            shortest = Math.Min(shortest, Stopwatch.GetElapsedTime(start).TotalNanoseconds / Repetitions);
        }

        return new Dictionary<Quantity, double> { [Time] = shortest };
    }

    private static WideDevice Filled()
    {
        var device = new WideDevice();
        var random = new Random(1);
        foreach (FieldInfo field in Fields())
        {
            field.SetValue(device, field.FieldType == typeof(bool)
                ? random.Next(2) == 1
                : Convert.ChangeType(random.Next(128), field.FieldType, System.Globalization.CultureInfo.InvariantCulture));
        }

        return device;
    }

    private static FieldInfo[] Fields() => typeof(WideDevice).GetFields(BindingFlags.Instance | BindingFlags.Public);

    private static void RequireLoaded(VMStateCodec<WideDevice> codec, byte[] bytes, byte[] serialized)
    {
        WideDevice device = Filled();
        WideDevice ours = new();
        codec.Load(ref ours, bytes, 0);
        WideDevice hand = new();
        HandWrittenLoad.Run(hand, bytes);
        WideDevice peer = MemoryPackSerializer.Deserialize<WideDevice>(serialized)!;
        foreach (FieldInfo field in Fields())
        {
            foreach (WideDevice loaded in new[] { ours, hand, peer })
            {
                if (!Equals(field.GetValue(device), field.GetValue(loaded)))
                {
                    throw new InvalidOperationException($"{field.Name} was not loaded");
                }
            }
        }
    }

    private static void RequireEqual(byte[] ours, byte[] byHand)
    {
        if (!ours.AsSpan().SequenceEqual(byHand))
        {
            throw new InvalidOperationException("the code written by hand does not write the bytes of VMState");
        }
    }
}
