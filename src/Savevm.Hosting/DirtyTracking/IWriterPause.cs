namespace Savevm.Hosting.DirtyTracking;

/// <summary>Holds up every thread that writes to a machine's RAM, for a tracker that cannot collect while somebody writes.</summary>
public interface IWriterPause
{
    /// <summary>Returns when nobody writes any more, and nobody will before <see cref="Resume"/>.</summary>
    void Pause();

    /// <summary>Lets them write again.</summary>
    void Resume();
}
