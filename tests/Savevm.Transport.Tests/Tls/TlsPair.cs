using Savevm.Transport.Tls;

namespace Savevm.Transport.Tests.Tls;

/// <summary>Two ends of a session.</summary>
internal static class TlsPair
{
    private static readonly Lazy<(TlsCredentials Client, TlsCredentials Server)> Usual = new(MakeUsual);

    /// <summary>What every session shows that is about something else.</summary>
    internal static (TlsCredentials Client, TlsCredentials Server) Credentials => Usual.Value;

    internal static TlsOptions ToLocalhost { get; } = new() { HostName = "localhost" };

    /// <summary>Over a connection that was made.</summary>
    internal static (TlsChannel Client, TlsChannel Server) Over(IByteChannel caller, IByteChannel accepted, TlsOptions? options = null)
    {
        var server = Task.Run(() => TlsChannel.Open(accepted, Credentials.Server, options));
        var client = TlsChannel.Open(caller, Credentials.Client, (options ?? ToLocalhost) with { HostName = "localhost" });
        return (client, server.GetAwaiter().GetResult());
    }

    /// <summary>What becomes of a handshake on each side: null, or the message of its failure.</summary>
    internal static (string? Client, string? Server) Try(
        string clientFolder, string serverFolder, TlsOptions? clientOptions = null, TlsOptions? serverOptions = null)
    {
        var (first, second) = ChannelPair.Create();
        var server = Task.Run(() => Attempt(second, serverFolder, TlsEndpoint.Server, serverOptions));
        var client = Attempt(first, clientFolder, TlsEndpoint.Client, clientOptions ?? ToLocalhost);
        return (client, server.GetAwaiter().GetResult());
    }

    private static string? Attempt(IByteChannel channel, string folder, TlsEndpoint endpoint, TlsOptions? options)
    {
        using var credentials = TlsCredentials.Load(folder, endpoint);
        try
        {
            using var opened = TlsChannel.Open(channel, credentials, options);
            // A client is through before the server has looked at its certificate; what the server says of it is what is read next.
            if (endpoint == TlsEndpoint.Server) opened.Write([1]);
            else Assert.Equal(1, opened.Read(new byte[1]));
            return null;
        }
        catch (TlsException refused)
        {
            return refused.Message;
        }
    }

    private static (TlsCredentials Client, TlsCredentials Server) MakeUsual()
    {
        var folder = Directory.CreateTempSubdirectory("savevm-tls-").FullName;
        try
        {
            using var authority = new TestAuthority();
            authority.WriteAll(folder);
            return (TlsCredentials.Load(folder, TlsEndpoint.Client), TlsCredentials.Load(folder, TlsEndpoint.Server));
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }
}
