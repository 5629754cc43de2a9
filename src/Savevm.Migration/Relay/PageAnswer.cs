namespace Savevm.Migration.Relay;

/// <summary>What becomes of a page that the destination asks for.</summary>
internal enum PageAnswer
{
    /// <summary>It is here: it goes at once.</summary>
    SendNow,

    /// <summary>It is not here, and nobody asked the source for it yet.</summary>
    AskSource,

    /// <summary>It was sent already, or the source was asked for it.</summary>
    OnItsWay,
}
