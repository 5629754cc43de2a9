using System.Diagnostics;

namespace Savevm.Fuzz.Engine;

/// <summary>Changes inputs, runs them and keeps those that go new ways, until the time is over or a promise is broken.</summary>
internal sealed class FuzzLoop
{
    private const int InputsBetweenClocks = 64;

    private readonly FuzzTarget _target;
    private readonly FuzzRandom _random;
    private readonly Mutator _mutator;
    private readonly Coverage _coverage = new();
    private readonly List<byte[]> _inputs = [];
    private readonly List<byte[]> _kept = [];
    private readonly InputRecord? _record;
    private FuzzFind? _find;
    private byte[] _found = [];

    /// <param name="target">What to run.</param>
    /// <param name="seed">The run depends on it, on the seeds and on the time alone.</param>
    /// <param name="record">Where each input is written before it runs, for a process that may die of it; null for none.</param>
    public FuzzLoop(FuzzTarget target, ulong seed, InputRecord? record = null)
    {
        _target = target;
        _random = new FuzzRandom(seed);
        _mutator = new Mutator(_random, target.MaxBytes);
        _record = record;
    }

    /// <summary>Inputs that were run; any thread may read it.</summary>
    public long Executions { get; private set; }

    /// <param name="seeds">Inputs to begin with, besides the target's own.</param>
    /// <param name="time">How long to go on.</param>
    /// <param name="maxExecutions">How many inputs to run at most.</param>
    public FuzzResult Run(IEnumerable<byte[]> seeds, TimeSpan time, long maxExecutions = long.MaxValue)
    {
        long started = Stopwatch.GetTimestamp();
        TimeSpan workedBefore = ProcessorTime.OfThisThread();
        foreach (byte[] seed in _target.Seeds().Concat(seeds))
        {
            byte[] input = seed.Length <= _target.MaxBytes ? seed : seed[.._target.MaxBytes];
            _inputs.Add(input);
            if (_find is null)
                RunOne(input);
        }
        if (_inputs.Count == 0)
            _inputs.Add([]);
        while (_find is null && Executions < maxExecutions)
        {
            if (Executions % InputsBetweenClocks == 0 && Stopwatch.GetElapsedTime(started) >= time)
                break;
            if (RunOne(_mutator.Mutate(Choose(), Choose())))
            {
                _inputs.Add(_found);
                _kept.Add(_found);
            }
        }
        TimeSpan taken = Stopwatch.GetElapsedTime(started);
        TimeSpan worked = ProcessorTime.OfThisThread() - workedBefore;
        byte[] minimal = _find is null ? [] : Minimizer.Minimize(_target, _found, _find.Signature);
        return new FuzzResult(Executions, taken, worked, _coverage.KnownCount, _kept, _find, minimal);
    }

    /// <summary>Any input; of two the shorter, the newest ones a little more often.</summary>
    private byte[] Choose()
    {
        byte[] one = _inputs[_inputs.Count - 1 - _random.SmallBelow(_inputs.Count)];
        byte[] two = _inputs[_random.Below(_inputs.Count)];
        return one.Length <= two.Length ? one : two;
    }

    /// <summary>Runs an input. True when it is worth keeping; it is in <see cref="_found"/> then.</summary>
    private bool RunOne(ReadOnlySpan<byte> input)
    {
        _record?.Write(input);
        Coverage.Begin();
        _find = _target.Execute(input);
        Executions++;
        if (!_coverage.Learn() && _find is null)
            return false;
        _found = input.ToArray();
        return _find is null;
    }
}
