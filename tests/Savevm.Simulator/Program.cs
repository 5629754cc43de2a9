using System.Diagnostics;
using System.Globalization;
using Savevm.Simulator;
using Savevm.Simulator.Scheduling;

// Runs the engines' simulator on a range of seeds. Exit code 1: a seed failed, and its number is the last line.
var (first, count) = (1, 2000);
for (var index = 0; index < args.Length; index++)
{
    var isNumber = index + 1 < args.Length && int.TryParse(args[index + 1], NumberStyles.None, CultureInfo.InvariantCulture, out _);
    switch (args[index])
    {
        case "--first" when isNumber:
            first = int.Parse(args[++index], CultureInfo.InvariantCulture);
            break;
        case "--count" when isNumber:
            count = int.Parse(args[++index], CultureInfo.InvariantCulture);
            break;
        default:
            Console.Error.WriteLine("usage: simulate [--first SEED] [--count N]");
            return 2;
    }
}
Scheduler.UseOneProcessor();
var watch = Stopwatch.StartNew();
var ends = new SortedDictionary<string, int>(StringComparer.Ordinal);
long steps = 0;
var (nowhere, postcopies, recovered, recoveries, broken, still, stillRecovered) = (0, 0, 0, 0, 0, 0, 0);
for (var seed = first; seed < first + count; seed++)
{
    try
    {
        using var simulation = new Simulation(seed);
        var outcome = simulation.Run();
        var end = $"{outcome.Source} here, {outcome.Destination} there";
        ends[end] = ends.GetValueOrDefault(end) + 1;
        steps += outcome.Steps;
        if (outcome.RunsNowhere) nowhere++;
        if (outcome.IsPostcopy) postcopies++;
        recoveries += outcome.Recoveries;
        broken += outcome.BrokenRecoveries;
        if (outcome.Recoveries > 0) recovered++;
        if (outcome.IsStill) still++;
        if (outcome.IsStill && outcome.Recoveries > 0) stillRecovered++;
    }
    catch (SimulationException failure)
    {
        Console.Error.WriteLine(failure.Message);
        Console.Error.WriteLine(Scenario.Draw(seed));
        Console.Error.WriteLine($"simulate: seed {seed} failed; again: ./test simulate --first {seed} --count 1");
        return 1;
    }
    if ((seed - first + 1) % 5000 == 0) Console.Error.WriteLine($"simulate: {seed - first + 1} of {count}, {watch.Elapsed.TotalSeconds:f0} s");
}
foreach (var (end, times) in ends) Console.WriteLine($"{times,8}  {end}");
Console.WriteLine($"{nowhere,8}  of them ended between the destination's last word and the source's answer: the machine runs nowhere, and is whole on both sides");
Console.WriteLine($"{postcopies,8}  of them might use postcopy; {recovered} of these were recovered, {recoveries} times in all, after {broken} recoveries that broke themselves");
Console.WriteLine($"{still,8}  of them had a machine that stands still, as that of a snapshot; {stillRecovered} of these were recovered");
Console.WriteLine($"simulate: {count} seeds from {first} on, no failure, {steps} steps, {watch.Elapsed.TotalSeconds:f1} s");
return 0;
