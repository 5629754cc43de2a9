namespace Savevm;

/// <summary>Watches a relay. Calls come from any thread, one at a time or not; an observer is thread-safe and never throws.</summary>
public interface IRelayObserver
{
    /// <summary>How far it has come; as often as the operation likes, the observer thins it out.</summary>
    void Progress(ProgressUpdate update);

    /// <summary>A sentence worth knowing.</summary>
    void Note(string sentence);

    /// <summary>A sentence about something that may hurt.</summary>
    void Warning(string sentence);

    /// <summary>It listens at this address now.</summary>
    void Listening(string address);

    /// <summary>Every page that the destination lacks is here: the source may end. Once at most.</summary>
    /// <param name="heldPages">Pages that are here.</param>
    void SourceNotNeeded(long heldPages);
}
