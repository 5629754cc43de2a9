using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Savevm.Transport.Tests.Tls;

/// <summary>A CA that lives as long as a test, and writes folders as QEMU's <c>tls-creds-x509</c> wants them.</summary>
public sealed class TestAuthority : IDisposable
{
    private const string ServerPurpose = "1.3.6.1.5.5.7.3.1", ClientPurpose = "1.3.6.1.5.5.7.3.2";

    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 certificate;
    private readonly CertificateRevocationListBuilder revoked = new();
    private int serial = 1000;

    public TestAuthority(string name = "CN=Authority,O=Savevm tests", int validDays = 30)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-60), DateTimeOffset.UtcNow.AddDays(validDays));
    }

    /// <summary>A folder with everything for both sides.</summary>
    public string WriteAll(string folder, string host = "localhost")
    {
        WriteAuthority(folder);
        Issue(folder, "server", $"CN={host},O=Savevm tests", host);
        Issue(folder, "client", "CN=client,O=Savevm tests");
        return folder;
    }

    public void WriteAuthority(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "ca-cert.pem"), certificate.ExportCertificatePem());
    }

    /// <summary>Signs a certificate and writes it, with its key.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="side"><c>server</c> or <c>client</c>: the name of the files.</param>
    /// <param name="subject">The distinguished name, last part first.</param>
    /// <param name="host">A name or an address of a host.</param>
    /// <param name="validDays">How long it is valid from now on; less than 0: it has expired.</param>
    /// <param name="purpose">For which side it is, where that is another one than its files say.</param>
    /// <returns>Its serial number.</returns>
    public byte[] Issue(string folder, string side, string subject, string? host = null, int validDays = 20, string? purpose = null)
    {
        Directory.CreateDirectory(folder);
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, own, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        // Older QEMUs want both, also of keys that encipher nothing.
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid((purpose ?? side) == "server" ? ServerPurpose : ClientPurpose)], true));
        if (host is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            if (System.Net.IPAddress.TryParse(host, out var address)) names.AddIpAddress(address);
            else names.AddDnsName(host);
            request.CertificateExtensions.Add(names.Build());
        }
        byte[] number = [0x10, (byte)(serial >> 8), (byte)serial++];
        using var issued = request.Create(certificate, DateTimeOffset.UtcNow.AddDays(-50), DateTimeOffset.UtcNow.AddDays(validDays), number);
        File.WriteAllText(Path.Combine(folder, $"{side}-cert.pem"), issued.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, $"{side}-key.pem"), own.ExportPkcs8PrivateKeyPem());
        return number;
    }

    /// <summary>Takes a certificate back, and writes the list.</summary>
    public void Revoke(string folder, byte[] number, int validDays = 7)
    {
        revoked.AddEntry(number);
        var made = DateTimeOffset.UtcNow.AddDays(-30);
        var list = revoked.Build(certificate, 1, DateTimeOffset.UtcNow.AddDays(validDays), HashAlgorithmName.SHA256, thisUpdate: made);
        File.WriteAllText(Path.Combine(folder, "ca-crl.pem"), PemEncoding.WriteString("X509 CRL", list));
    }

    public void Dispose()
    {
        certificate.Dispose();
        key.Dispose();
    }
}
