namespace Savevm.Transport;

/// <summary>
/// Where a stream comes from or goes to, in QEMU's spelling: <c>unix:PATH</c>, <c>tcp:HOST:PORT</c>, <c>fd:N</c>,
/// <c>exec:COMMAND</c>, <c>file:PATH[,offset=N]</c>, and <c>-</c> for our own standard streams.
/// </summary>
public sealed record ChannelAddress
{
    private readonly ChannelScheme scheme;

    private ChannelAddress(string text, ChannelScheme scheme, string target, long number)
    {
        Text = text;
        this.scheme = scheme;
        Target = target;
        Number = number;
    }

    /// <summary>The address as it was given.</summary>
    public string Text { get; }

    /// <summary>The part before the colon, or <c>-</c>.</summary>
    public string Scheme => scheme.Name;

    /// <summary>The path, host or command; empty where there is none.</summary>
    public string Target { get; }

    /// <summary>The port, the descriptor or the offset; 0 where there is none.</summary>
    public long Number { get; }

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">It is none; the message says what is wrong.</exception>
    public static ChannelAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? text : text[..colon];
        var scheme = SchemeTable.Find(name);
        if (scheme is null || (colon < 0 && !scheme.StandsAlone) || (colon >= 0 && scheme.StandsAlone))
            throw new FormatException($"'{text}' is no address; it must be one of {SchemeTable.Syntax}");
        var (target, number) = scheme.Parse(text[(colon + 1)..])
            ?? throw new FormatException($"'{text}' is no address of the form {scheme.Syntax}");
        return new ChannelAddress(text, scheme, target, number);
    }

    /// <summary>The address of a unix socket.</summary>
    public static ChannelAddress Unix(string path) => Parse($"unix:{path}");

    /// <summary>
    /// Connects, or opens for writing what is no place to connect to: a descriptor, a command's input, a file, standard output.
    /// </summary>
    /// <exception cref="IOException">It cannot be reached or opened.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IByteChannel Connect(CancellationToken cancellationToken = default) => scheme.Connect(this, cancellationToken);

    /// <summary>
    /// Listens. For a descriptor, a command's output, a file and standard input the listener gives one channel to read from.
    /// </summary>
    /// <exception cref="IOException">It cannot be listened on.</exception>
    public IChannelListener Listen() => scheme.Listen(this);

    /// <summary><see cref="Text"/>.</summary>
    public override string ToString() => Text;
}
