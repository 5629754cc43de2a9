using Savevm.Transport.Tls;

namespace Savevm.Transport.Tests.Tls;

/// <summary>A folder that cannot work is refused when it is read, with the file and the reason.</summary>
public sealed class TlsCredentialsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("savevm-tls-").FullName;
    private readonly TestAuthority authority = new();

    public TlsCredentialsTests() => authority.WriteAll(folder);

    public void Dispose()
    {
        authority.Dispose();
        Directory.Delete(folder, true);
    }

    [Fact]
    public void A_folder_with_everything_is_read_for_both_sides()
    {
        using var client = TlsCredentials.Load(folder, TlsEndpoint.Client);
        using var server = TlsCredentials.Load(folder, TlsEndpoint.Server);
        Assert.True(client.HasCertificate && server.HasCertificate);
        Assert.Equal((folder, TlsEndpoint.Server), (server.Directory, server.Endpoint));
    }

    [Fact]
    public void A_client_may_have_no_certificate()
    {
        File.Delete($"{folder}/client-cert.pem");
        File.Delete($"{folder}/client-key.pem");
        using var client = TlsCredentials.Load(folder, TlsEndpoint.Client);
        Assert.False(client.HasCertificate);
    }

    [Theory]
    [InlineData("ca-cert.pem")]
    [InlineData("server-cert.pem")]
    [InlineData("server-key.pem")]
    public void A_file_that_is_missing_is_named(string name)
    {
        File.Delete($"{folder}/{name}");
        AssertRefused($"{folder}/{name}: there is no such file");
    }

    [Fact]
    public void A_folder_that_is_missing_is_named()
    {
        var refusal = Assert.Throws<TlsException>(() => TlsCredentials.Load($"{folder}/none", TlsEndpoint.Client));
        Assert.Equal($"{folder}/none/ca-cert.pem: there is no such file", refusal.Message);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_named()
    {
        File.Delete($"{folder}/server-key.pem");
        // Also for root, who may read everything.
        Directory.CreateDirectory($"{folder}/server-key.pem");
        AssertRefused($"{folder}/server-key.pem: cannot be read: ");
    }

    [Theory]
    [InlineData("ca-cert.pem", "no certificate is in it")]
    [InlineData("server-cert.pem", "no certificate is in it")]
    [InlineData("server-key.pem", "no private key that belongs to ")]
    [InlineData("ca-crl.pem", "no list of revoked certificates: ")]
    public void A_file_with_something_else_is_named(string name, string reason)
    {
        File.WriteAllText($"{folder}/{name}", "something else");
        AssertRefused($"{folder}/{name}: {reason}");
    }

    [Theory]
    [InlineData("ca-cert.pem", "CERTIFICATE", "no certificate: ")]
    [InlineData("ca-crl.pem", "X509 CRL", "no list of revoked certificates: ")]
    public void A_file_whose_contents_are_damaged_is_named(string name, string label, string reason)
    {
        File.WriteAllText($"{folder}/{name}", $"-----BEGIN {label}-----\nMAoCAQECAQICAQM=\n-----END {label}-----\n");
        AssertRefused($"{folder}/{name}: {reason}");
    }

    [Fact]
    public void A_file_that_is_far_too_large_is_not_read()
    {
        using (var file = File.Create($"{folder}/ca-cert.pem")) file.SetLength(3L << 30);
        AssertRefused($"{folder}/ca-cert.pem: 3221225472 bytes are too many for certificates");
    }

    [Fact]
    public void The_key_of_another_certificate_is_refused()
    {
        File.Copy($"{folder}/client-key.pem", $"{folder}/server-key.pem", true);
        AssertRefused($"{folder}/server-key.pem: no private key that belongs to {folder}/server-cert.pem: ");
    }

    [Fact]
    public void An_encrypted_key_is_refused()
    {
        File.WriteAllText($"{folder}/server-key.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAoCAQECAQICAQM=\n-----END ENCRYPTED PRIVATE KEY-----\n");
        AssertRefused($"{folder}/server-key.pem: the key is encrypted");
    }

    [Fact]
    public void A_certificate_that_has_expired_is_refused()
    {
        authority.Issue(folder, "server", "CN=localhost", "localhost", validDays: -2);
        AssertRefused($"{folder}/server-cert.pem: the certificate expired on {DateTime.UtcNow.AddDays(-2):yyyy-MM-dd} ");
    }

    [Fact]
    public void A_certificate_of_another_CA_is_refused()
    {
        using var other = new TestAuthority();
        other.Issue(folder, "server", "CN=localhost", "localhost");
        AssertRefused($"{folder}/server-cert.pem: the certificate is not signed by the CA of {folder}/ca-cert.pem");
    }

    [Fact]
    public void A_certificate_for_the_other_side_is_refused()
    {
        authority.Issue(folder, "server", "CN=localhost", "localhost", purpose: "client");
        AssertRefused($"{folder}/server-cert.pem: the certificate is not meant for the server of a TLS session");
    }

    [Fact]
    public void A_certificate_that_was_taken_back_is_refused()
    {
        authority.Revoke(folder, authority.Issue(folder, "server", "CN=localhost", "localhost"));
        AssertRefused($"{folder}/server-cert.pem: the certificate was revoked by its CA");
    }

    [Fact]
    public void A_list_of_revoked_certificates_that_is_out_of_date_is_refused()
    {
        authority.Revoke(folder, [1, 2, 3], validDays: -1);
        AssertRefused($"{folder}/ca-crl.pem: the list of revoked certificates is out of date since {DateTime.UtcNow.AddDays(-1):yyyy-MM-dd} ");
    }

    [Fact]
    public void A_CA_that_has_expired_is_refused()
    {
        using var old = new TestAuthority(validDays: -1);
        old.WriteAuthority(folder);
        AssertRefused($"{folder}/ca-cert.pem: the CA certificate expired on ");
    }

    [Fact]
    public void A_certificate_that_is_no_CA_is_none()
    {
        File.Copy($"{folder}/client-cert.pem", $"{folder}/ca-cert.pem", true);
        AssertRefused($"{folder}/ca-cert.pem: CN=client,O=Savevm tests is not the certificate of a CA");
    }

    private void AssertRefused(string beginning) =>
        Assert.StartsWith(beginning, Assert.Throws<TlsException>(() => TlsCredentials.Load(folder, TlsEndpoint.Server)).Message);
}
