namespace Savevm.Cli.Output;

/// <summary>
/// Everything a command says while it works: one progress line that is overwritten on a live terminal (a plain line every five seconds
/// elsewhere), notes, warnings and results around it. Thread-safe.
/// </summary>
/// <param name="terminal">Where it goes.</param>
/// <param name="isQuiet">No progress.</param>
/// <param name="clock">Tells the time.</param>
public sealed class MessagePane(Terminal terminal, bool isQuiet, TimeProvider clock)
{
    private const string EraseLine = "\r\u001b[K";
    private static readonly TimeSpan LiveInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SentenceInterval = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly long _begin = clock.GetTimestamp();
    private TimeSpan _nextLine;
    private bool _lineIsShown;
    private TimeSpan _nextSentence;

    /// <summary>Shows how far it has come, when it is time to.</summary>
    public void Progress(ProgressUpdate update)
    {
        ArgumentNullException.ThrowIfNull(update);
        if (isQuiet)
        {
            return;
        }

        lock (_gate)
        {
            TimeSpan now = clock.GetElapsedTime(_begin);
            if (update.WillNotConverge is { } sentence && now >= _nextSentence)
            {
                // Worth a line of its own at once: at the end of the other it would be cut off.
                _nextSentence = now + SentenceInterval;
                Erase();
                terminal.Error.WriteLine($"warning: {sentence}");
            }

            if (_nextLine == TimeSpan.Zero)
            {
                _nextLine = terminal.IsLive ? now : PlainInterval;
            }

            if (now < _nextLine)
            {
                return;
            }

            _nextLine = now + (terminal.IsLive ? LiveInterval : PlainInterval);
            string text = ProgressText.Of(update);
            if (terminal.IsLive)
            {
                int width = terminal.Width();
                terminal.Error.Write(EraseLine + (text.Length < width ? text : text[..(width - 1)]));
                terminal.Error.Flush();
                _lineIsShown = true;
            }
            else
            {
                terminal.Error.WriteLine(text);
            }
        }
    }

    /// <summary>Prints a line beside the results: a note, a warning.</summary>
    public void Say(string line)
    {
        lock (_gate)
        {
            Erase();
            terminal.Error.WriteLine(line);
        }
    }

    /// <summary>Prints a line of the results.</summary>
    public void Result(string line)
    {
        lock (_gate)
        {
            Erase();
            terminal.Out.WriteLine(line);
            terminal.Out.Flush();
        }
    }

    /// <summary>Prints a question without a line's end.</summary>
    public void Ask(string question)
    {
        lock (_gate)
        {
            Erase();
            terminal.Error.Write(question);
            terminal.Error.Flush();
        }
    }

    /// <summary>Removes the progress line, if there is one.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            Erase();
        }
    }

    private void Erase()
    {
        if (_lineIsShown)
        {
            terminal.Error.Write(EraseLine);
            terminal.Error.Flush();
            _lineIsShown = false;
        }
    }
}
