using System.Diagnostics;
using Savevm.Transport.Channels;
using Savevm.Transport.Tls;

namespace Savevm.Transport.Tests.Tls;

/// <summary>Who is let in, who is not, and that each side is told why.</summary>
public sealed class TlsHandshakeTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("savevm-tls-").FullName;
    private readonly TestAuthority authority = new();

    public void Dispose()
    {
        authority.Dispose();
        Directory.Delete(folder, true);
    }

    [Fact]
    public void Each_side_knows_the_name_of_the_other()
    {
        using var client = new Disposables(ChannelPair.Create());
        Assert.Equal("CN=localhost,O=Savevm tests", client.First.PeerName);
        Assert.Equal("CN=client,O=Savevm tests", client.Second.PeerName);
        Assert.StartsWith("Tls13 ", client.First.Protocol, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_another_CA_signed_is_refused()
    {
        var (client, server) = TlsPair.Try(All("client"), Foreign("server"));
        Assert.Equal($"pair.0: the certificate of the server, CN=localhost,O=Savevm tests, is not signed by the CA of {folder}/client/ca-cert.pem", client);
        Assert.NotNull(server);
    }

    [Fact]
    public void A_client_that_another_CA_signed_is_refused()
    {
        // It trusts the server, so that the server is the one who refuses.
        var strange = Foreign("client");
        authority.WriteAuthority(strange + "-ca");
        var (client, server) = TryWithoutTrust(strange, All("server"));
        Assert.Equal($"pair.1: the certificate of the client, CN=client,O=Savevm tests, is not signed by the CA of {folder}/server/ca-cert.pem", server);
        Assert.StartsWith("pair.0: ", client);
        Assert.Contains("refused", client, StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_without_a_certificate_is_refused_unless_nobody_asks()
    {
        authority.WriteAuthority($"{folder}/client");
        var (client, server) = TlsPair.Try($"{folder}/client", All("server"));
        Assert.Equal("pair.1: the client showed no certificate", server);
        Assert.Contains("refused", client, StringComparison.Ordinal);
        Assert.Equal((null, null), TlsPair.Try($"{folder}/client", $"{folder}/server", null, new TlsOptions { VerifyPeer = false }));
    }

    [Theory]
    [InlineData("localhost", null)]
    [InlineData("LOCALHOST", null)]
    [InlineData("elsewhere", "pair.0: the certificate of the server, CN=localhost,O=Savevm tests, is not for the host name 'elsewhere'")]
    [InlineData("127.0.0.1", "pair.0: the certificate of the server, CN=localhost,O=Savevm tests, is not for the host name '127.0.0.1'")]
    [InlineData(null, "pair.0: no host name is known that the server's certificate must have (tls-hostname)")]
    public void The_server_has_the_name_that_the_client_expects(string? name, string? refusal)
    {
        var all = All("all");
        Assert.Equal(refusal, TlsPair.Try(all, all, new TlsOptions { HostName = name }).Client);
    }

    [Fact]
    public void A_certificate_may_be_for_an_address()
    {
        var all = authority.WriteAll($"{folder}/all", "127.0.0.1");
        Assert.Equal((null, null), TlsPair.Try(all, all, new TlsOptions { HostName = "127.0.0.1" }));
    }

    [Fact]
    public void A_client_that_shows_a_certificate_for_servers_is_refused()
    {
        var all = All("all");
        using var credentials = TlsCredentials.Load(all, TlsEndpoint.Server);
        // Our own side would not load it, so it is shown by hand.
        authority.Issue($"{folder}/wrong", "client", "CN=wrong", purpose: "server");
        var refusal = ShownByHand($"{folder}/wrong", credentials);
        Assert.Equal("pair.1: the certificate of the client, CN=wrong, is not meant for the client of a TLS session", refusal);
    }

    [Fact]
    public void A_client_whose_certificate_has_expired_is_refused()
    {
        using var credentials = TlsCredentials.Load(All("all"), TlsEndpoint.Server);
        authority.Issue($"{folder}/old", "client", "CN=old", validDays: -3);
        var refusal = ShownByHand($"{folder}/old", credentials);
        Assert.StartsWith($"pair.1: the certificate of the client, CN=old, expired on {DateTime.UtcNow.AddDays(-3):yyyy-MM-dd} ", refusal);
    }

    [Fact]
    public void A_client_whose_certificate_was_taken_back_is_refused()
    {
        var all = All("all");
        var number = authority.Issue($"{folder}/lost", "client", "CN=lost");
        authority.WriteAuthority($"{folder}/lost");
        Assert.Equal((null, null), TlsPair.Try($"{folder}/lost", all));
        authority.Revoke(all, number);
        var (client, server) = TlsPair.Try($"{folder}/lost", all);
        Assert.Equal("pair.1: the certificate of the client, CN=lost, was revoked by its CA", server);
        Assert.NotNull(client);
        Assert.Equal((null, null), TlsPair.Try(all, all));
    }

    [Fact]
    public void A_client_can_be_let_in_by_its_name()
    {
        var all = All("all");
        authority.Issue(all, "client", "CN=\"a, b\",OU=#1+2,C=DE");
        const string Name = @"CN=a\, b,OU=\#1\+2,C=DE";
        Assert.Equal((null, null), TlsPair.Try(all, all, null, new TlsOptions { Authorizes = name => name == Name }));
        var (_, server) = TlsPair.Try(all, all, null, new TlsOptions { Authorizes = _ => false });
        Assert.Equal($"pair.1: the client {Name} is not among those that are allowed (tls-authz)", server);
    }

    [Theory]
    [InlineData("QEVM and more", "pair.1: the peer does not speak TLS")]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "pair.1: the peer does not speak TLS")]
    [InlineData("\u0016\u0003\u0001\u0000\u0004abcd", "pair.1: the TLS handshake failed")]
    [InlineData("\u0016\u0003\u0001\u007f\u007fabcd", "pair.1: the peer closed the connection during the TLS handshake")]
    [InlineData("", "pair.1: the peer closed the connection during the TLS handshake")]
    public void Whoever_does_not_speak_TLS_is_refused(string said, string expected)
    {
        var (first, second) = ChannelPair.Create();
        using var caller = first;
        if (said.Length > 0) first.Write(System.Text.Encoding.Latin1.GetBytes(said));
        first.CloseWrite();
        var refusal = Assert.Throws<TlsException>(() => TlsChannel.Open(second, TlsPair.Credentials.Server));
        Assert.StartsWith(expected, refusal.Message);
    }

    [Theory]
    [InlineData(TlsEndpoint.Client)]
    [InlineData(TlsEndpoint.Server)]
    public void A_peer_that_says_nothing_is_given_up(TlsEndpoint endpoint)
    {
        var (first, second) = ChannelPair.Create();
        using var silent = first;
        var clock = Stopwatch.StartNew();
        var credentials = endpoint == TlsEndpoint.Client ? TlsPair.Credentials.Client : TlsPair.Credentials.Server;
        var options = TlsPair.ToLocalhost with { HandshakeTimeout = TimeSpan.FromMilliseconds(200) };
        var refusal = Assert.Throws<TlsException>(() => TlsChannel.Open(second, credentials, options));
        Assert.Equal("pair.1: the peer did not finish the TLS handshake within 0.2 s", refusal.Message);
        Assert.InRange(clock.ElapsedMilliseconds, 190, 10_000);
        // The connection is closed, too.
        if (endpoint == TlsEndpoint.Client) while (silent.Read(new byte[4096]) > 0) { }
        else Assert.Equal(0, silent.Read(new byte[1]));
    }

    [Fact]
    public void A_handshake_can_be_cancelled()
    {
        var (first, second) = ChannelPair.Create();
        using var silent = first;
        using var cancel = new CancellationTokenSource(100);
        Assert.ThrowsAny<OperationCanceledException>(() => TlsChannel.Open(second, TlsPair.Credentials.Server, null, cancel.Token));
        Assert.Equal(0, silent.Read(new byte[1]));
    }

    [Fact]
    public void A_pipe_cannot_be_secured()
    {
        var (read, write) = Linux.Descriptors.Descriptor.Pipe(nonBlockingWrite: true);
        using var reader = read;
        var refusal = Assert.Throws<TlsException>(
            () => TlsChannel.Open(new PipeChannel(write, FileAccess.Write, "exec:x"), TlsPair.Credentials.Client, TlsPair.ToLocalhost));
        Assert.Equal("exec:x: TLS needs a connection that goes both ways", refusal.Message);
    }

    [Theory]
    [InlineData("tcp:host1:4444", "host1")]
    [InlineData("tcp:[::1]:4444", "::1")]
    [InlineData("tcp::4444", "localhost")]
    [InlineData("unix:/run/x", null)]
    public void The_name_to_expect_is_that_of_the_address(string address, string? name) =>
        Assert.Equal(name, TlsOptions.HostOf(ChannelAddress.Parse(address)));

    private static string? ShownByHand(string wrong, TlsCredentials server)
    {
        var (first, second) = ChannelPair.Create();
        using var caller = first;
        using var certificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPemFile(
            $"{wrong}/client-cert.pem", $"{wrong}/client-key.pem");
        using var session = new System.Net.Security.SslStream(new RecordStream(first), false, (_, shown, _, _) => shown is not null);
        var showing = Task.Run(() =>
        {
            try
            {
                session.AuthenticateAsClient("localhost", [certificate], false);
            }
            catch (Exception error) when (error is IOException or System.Security.Authentication.AuthenticationException)
            {
                // What the server says is looked at.
            }
        });
        var refusal = Assert.Throws<TlsException>(() => TlsChannel.Open(second, server));
        showing.Wait();
        return refusal.Message;
    }

    private static (string? Client, string? Server) TryWithoutTrust(string client, string server) =>
        TlsPair.Try(client, server, new TlsOptions { VerifyPeer = false });

    private string All(string name) => authority.WriteAll($"{folder}/{name}");

    private string Foreign(string name)
    {
        using var other = new TestAuthority("CN=Somebody else");
        return other.WriteAll($"{folder}/{name}");
    }

    private sealed class Disposables : IDisposable
    {
        public Disposables((SocketChannel Caller, SocketChannel Accepted) plain) => (First, Second) = TlsPair.Over(plain.Caller, plain.Accepted);

        public TlsChannel First { get; }

        public TlsChannel Second { get; }

        public void Dispose()
        {
            First.Dispose();
            Second.Dispose();
        }
    }
}
