using System.Formats.Asn1;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Savevm.Transport.Tls;

/// <summary>
/// The certificates of one side, from a directory as QEMU's <c>tls-creds-x509</c> has it: <c>ca-cert.pem</c>, <c>ca-crl.pem</c> where there is one,
/// and <c>server-cert.pem</c> with <c>server-key.pem</c> or <c>client-cert.pem</c> with <c>client-key.pem</c>. Loading finds what would make every
/// handshake fail. May be used for any number of sessions at the same time, and disposed when the last has begun.
/// </summary>
public sealed class TlsCredentials : IDisposable
{
    private const string AuthorityName = "ca-cert.pem", RevocationName = "ca-crl.pem";

    // Far more than any chain or key is long.
    private const int MaximumFileBytes = 1 << 20;

    private readonly X509Certificate2Collection authorities;
    private readonly X509Certificate2? own;
    private readonly X509Certificate2Collection intermediates = [];

    private TlsCredentials(string directory, TlsEndpoint endpoint)
    {
        Directory = directory;
        Endpoint = endpoint;
        var authorityFile = Path.Combine(directory, AuthorityName);
        authorities = ReadAuthorities(authorityFile);
        Check = new CertificateCheck(authorities, ReadRevocations(Path.Combine(directory, RevocationName)), authorityFile);
        var side = endpoint == TlsEndpoint.Server ? "server" : "client";
        var certificateFile = Path.Combine(directory, $"{side}-cert.pem");
        var keyFile = Path.Combine(directory, $"{side}-key.pem");
        // A client may have none and find a server that does not ask.
        if (endpoint == TlsEndpoint.Client && !File.Exists(certificateFile) && !File.Exists(keyFile)) return;
        own = ReadOwn(certificateFile, keyFile, intermediates);
        if (Check.Refusal(own, intermediates, endpoint) is { } reason) throw new TlsException($"{certificateFile}: the certificate {reason}");
        if (own.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority))
            throw new TlsException($"{certificateFile}: the certificate is that of a CA, not of a {side}");
        // Offline: a chain is what the file holds, and nothing is fetched from anywhere.
        Context = SslStreamCertificateContext.Create(own, intermediates, offline: true);
    }

    /// <summary>Where the files are.</summary>
    public string Directory { get; }

    /// <summary>For which side they are.</summary>
    public TlsEndpoint Endpoint { get; }

    /// <summary>Whether there is a certificate to show. A server has one always.</summary>
    public bool HasCertificate => own is not null;

    internal CertificateCheck Check { get; }

    internal SslStreamCertificateContext? Context { get; }

    /// <summary>Reads the files of one side.</summary>
    /// <exception cref="TlsException">A file is missing or cannot be read, or what is in it cannot be used; the message names it and says why.</exception>
    public static TlsCredentials Load(string directory, TlsEndpoint endpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return new TlsCredentials(directory, endpoint);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        own?.Dispose();
        foreach (var certificate in intermediates.Concat(authorities)) certificate.Dispose();
    }

    private static X509Certificate2Collection ReadAuthorities(string file)
    {
        X509Certificate2Collection authorities = [];
        Import(authorities, file, ReadText(file));
        foreach (var authority in authorities)
        {
            if (CertificateCheck.TimeRefusal(authority) is { } reason) throw new TlsException($"{file}: the CA certificate {reason}");
            if (!authority.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority))
                throw new TlsException($"{file}: {DistinguishedName.Of(authority)} is not the certificate of a CA (basic constraints)");
            if (authority.Extensions.OfType<X509KeyUsageExtension>().Any(usage => !usage.KeyUsages.HasFlag(X509KeyUsageFlags.KeyCertSign)))
                throw new TlsException($"{file}: {DistinguishedName.Of(authority)} is not meant for signing certificates (key usage)");
        }
        return authorities;
    }

    private static List<RevocationList> ReadRevocations(string file)
    {
        if (!File.Exists(file)) return [];
        try
        {
            var lists = RevocationList.ReadAll(ReadText(file));
            var oldest = lists.Min(list => list.NextUpdate);
            // Who is asked to refuse what was taken back cannot do so with last year's list.
            return oldest > DateTimeOffset.UtcNow
                ? lists
                : throw new TlsException($"{file}: the list of revoked certificates is out of date since {CertificateCheck.Day(oldest.UtcDateTime)}");
        }
        catch (Exception error) when (error is AsnContentException or CryptographicException or FormatException)
        {
            throw new TlsException($"{file}: no list of revoked certificates: {error.Message}", error);
        }
    }

    private static X509Certificate2 ReadOwn(string certificateFile, string keyFile, X509Certificate2Collection intermediates)
    {
        var text = ReadText(certificateFile);
        var key = ReadText(keyFile);
        Import(intermediates, certificateFile, text);
        // The first is ours; who signed it may follow.
        intermediates[0].Dispose();
        intermediates.RemoveAt(0);
        if (key.Contains("ENCRYPTED", StringComparison.Ordinal))
            throw new TlsException($"{keyFile}: the key is encrypted; only a plain one, readable by its owner alone, can be used");
        try
        {
            return X509Certificate2.CreateFromPem(text, key);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new TlsException($"{keyFile}: no private key that belongs to {certificateFile}: {error.Message}", error);
        }
    }

    private static void Import(X509Certificate2Collection into, string file, string text)
    {
        try
        {
            into.ImportFromPem(text);
        }
        catch (CryptographicException error)
        {
            throw new TlsException($"{file}: no certificate: {error.Message}", error);
        }
        if (into.Count == 0) throw new TlsException($"{file}: no certificate is in it");
    }

    private static string ReadText(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            if (stream.Length > MaximumFileBytes) throw new TlsException($"{file}: {stream.Length} bytes are too many for certificates");
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
        catch (Exception error) when (error is UnauthorizedAccessException or (IOException and not TlsException))
        {
            throw new TlsException(
                error is FileNotFoundException or DirectoryNotFoundException ? $"{file}: there is no such file" : $"{file}: cannot be read: {error.Message}", error);
        }
    }
}
