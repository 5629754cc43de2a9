namespace Savevm.Cli.Output;

/// <summary>
/// The three standard streams and what may be done with them. Results go to <see cref="Out"/>, everything else to <see cref="Error"/>.
/// Writers must be synchronised: progress comes from other threads than results.
/// </summary>
public sealed record Terminal
{
    private const int NarrowestWidth = 40;
    private const int UsualWidth = 80;

    /// <summary>Where results go.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Where progress, notes, warnings and errors go.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Where answers come from; asked for only when there is a question, since opening it changes the terminal.</summary>
    public required Func<TextReader> OpenInput { get; init; }

    /// <summary>A line on <see cref="Error"/> can be overwritten.</summary>
    public bool IsLive { get; init; }

    /// <summary>Somebody sits there who can be asked.</summary>
    public bool CanAsk { get; init; }

    /// <summary>Colours are welcome on <see cref="Error"/>.</summary>
    public bool HasColour { get; init; }

    /// <summary>Columns of the terminal.</summary>
    public Func<int> Width { get; init; } = static () => UsualWidth;

    /// <summary>The process's own streams; obeys <c>NO_COLOR</c> and <c>TERM=dumb</c>.</summary>
    /// <param name="environment">Reads an environment variable.</param>
    public static Terminal OfProcess(Func<string, string?> environment)
    {
        bool isTerminal = !Console.IsErrorRedirected;
        bool isDumb = environment("TERM") is null or "" or "dumb";
        return new Terminal
        {
            Out = Console.Out,
            Error = Console.Error,
            OpenInput = static () => Console.In,
            IsLive = isTerminal && !isDumb,
            CanAsk = isTerminal && !Console.IsInputRedirected,
            HasColour = isTerminal && !isDumb && string.IsNullOrEmpty(environment("NO_COLOR")),
            Width = isTerminal ? WidthOfWindow : static () => UsualWidth,
        };
    }

    private static int WidthOfWindow()
    {
        try
        {
            return Console.WindowWidth >= NarrowestWidth ? Console.WindowWidth : UsualWidth;
        }
        catch (IOException)
        {
            return UsualWidth;
        }
    }
}
