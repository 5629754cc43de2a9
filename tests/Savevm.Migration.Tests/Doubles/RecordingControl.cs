using Savevm.Machine;

namespace Savevm.Migration.Tests.Doubles;

/// <summary>Writes down what the engine did to the machine.</summary>
internal sealed class RecordingControl : IMachineControl
{
    private readonly List<string> calls = [];

    public ManualResetEventSlim Started { get; } = new();

    public IReadOnlyList<string> Calls
    {
        get
        {
            lock (calls) return [.. calls];
        }
    }

    public void Stop()
    {
        lock (calls) calls.Add("stop");
    }

    public void Start()
    {
        lock (calls) calls.Add("start");
        Started.Set();
    }
}
