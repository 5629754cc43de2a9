namespace Savevm.Transport;

/// <summary>A row of <see cref="SchemeTable"/>.</summary>
/// <param name="Name">What stands before the colon.</param>
/// <param name="Syntax">For messages and help.</param>
/// <param name="Parse">Reads what stands behind the colon; null when it is wrong.</param>
/// <param name="Connect">Connects, or opens for writing.</param>
/// <param name="Listen">Listens, or will open for reading.</param>
/// <param name="StandsAlone">The name is the whole address.</param>
internal sealed record ChannelScheme(
    string Name,
    string Syntax,
    Func<string, (string Target, long Number)?> Parse,
    Func<ChannelAddress, CancellationToken, IByteChannel> Connect,
    Func<ChannelAddress, IChannelListener> Listen,
    bool StandsAlone = false);
