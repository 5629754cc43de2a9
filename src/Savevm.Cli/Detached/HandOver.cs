using System.Globalization;

namespace Savevm.Cli.Detached;

/// <summary>
/// The pipe between a detached resume and the command that started it: lines, each with one letter in front that tells where it belongs.
/// After the hand-over the command has returned, and lines go to the log in the guests' run directories.
/// </summary>
public sealed class HandOver
{
    /// <summary>Before a line of the results.</summary>
    public const char Result = 'o';

    /// <summary>Before a line for stderr.</summary>
    public const char Message = 'e';

    /// <summary>The guests run, the command may return. Behind it stands how many failed, when some did.</summary>
    public const char Finished = 'd';

    /// <summary>The log in a guest's run directory.</summary>
    public const string LogFile = "savevm.log";

    private readonly Lock _gate = new();
    private readonly TextWriter _pipe;
    private readonly int _expected;
    private readonly List<string> _logs = [];
    private int _running;
    private int _failed;
    private bool _isFinished;

    /// <summary>Begins with nothing running.</summary>
    /// <param name="pipe">To the command.</param>
    /// <param name="expected">How many guests must run before the command may return.</param>
    public HandOver(TextWriter pipe, int expected)
    {
        _pipe = pipe;
        _expected = expected;
        Out = new LineWriter(line => Send(Result, line));
        Error = new LineWriter(line => Send(Message, line));
    }

    /// <summary>Results; to the command's stdout.</summary>
    public TextWriter Out { get; }

    /// <summary>Messages; to the command's stderr.</summary>
    public TextWriter Error { get; }

    /// <summary>A guest runs, and its line was printed. With the last one the command is let go.</summary>
    /// <param name="runDirectory">Where its log belongs; null for nowhere.</param>
    public void Count(string? runDirectory)
    {
        lock (_gate)
        {
            if (runDirectory is not null)
            {
                _logs.Add(Path.Combine(runDirectory, LogFile));
            }

            _running++;
            FinishWithTheLast();
        }
    }

    /// <summary>A guest failed, and its line was printed. A guest that ran before it failed is nothing to the command any more.</summary>
    public void CountFailure()
    {
        lock (_gate)
        {
            if (!_isFinished)
            {
                _failed++;
                FinishWithTheLast();
            }
        }
    }

    // Where all failed there is nothing to hand over: the process ends, and its exit code is the command's.
    private void FinishWithTheLast()
    {
        if (_running == 0 || _running + _failed < _expected || _isFinished)
        {
            return;
        }

        _pipe.WriteLine(_failed == 0 ? $"{Finished}" : string.Create(CultureInfo.InvariantCulture, $"{Finished}{_failed}"));
        _pipe.Flush();
        _isFinished = true;
    }

    private void Send(char tag, string line)
    {
        lock (_gate)
        {
            if (!_isFinished)
            {
                _pipe.WriteLine($"{tag}{line}");
                _pipe.Flush();
                return;
            }

            foreach (string log in _logs)
            {
                try
                {
                    File.AppendAllText(log, $"{DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)} {line}\n");
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    // The guest is gone and its folder with it; nobody reads this log any more.
                }
            }
        }
    }
}
