using Savevm.Machine.Ram;

namespace Savevm.Repository.Tests.Conformance;

/// <summary>A sink under test, and a way to see what arrived in it.</summary>
public interface IRamRoundTrip : IDisposable
{
    /// <summary>The sink.</summary>
    IRamSink Sink { get; }

    /// <summary>Ends the writing and returns what was written. All writers are disposed of.</summary>
    IRamSource Complete();
}
