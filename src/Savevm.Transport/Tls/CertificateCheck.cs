using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Savevm.Transport.Tls;

/// <summary>
/// Whether a certificate is good for one side of a session: signed by a CA of ours and by nobody else whom this host may trust, valid today,
/// not taken back, and meant for this use. Nothing is fetched from anywhere.
/// </summary>
/// <param name="authorities">The CAs.</param>
/// <param name="revocations">What they took back.</param>
/// <param name="authorityFile">Where the CAs stand, for messages.</param>
internal sealed class CertificateCheck(X509Certificate2Collection authorities, IReadOnlyList<RevocationList> revocations, string authorityFile)
{
    private const string ServerPurpose = "1.3.6.1.5.5.7.3.1", ClientPurpose = "1.3.6.1.5.5.7.3.2";

    private const X509ChainStatusFlags NotSigned =
        X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.NotSignatureValid;

    /// <summary>By which rules a chain for this side is built.</summary>
    internal X509ChainPolicy PolicyFor(TlsEndpoint endpoint)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        policy.ApplicationPolicy.Add(new Oid(endpoint == TlsEndpoint.Server ? ServerPurpose : ClientPurpose));
        return policy;
    }

    /// <summary>Why a certificate of our own cannot be used; null when it can.</summary>
    internal string? Refusal(X509Certificate2 certificate, X509Certificate2Collection intermediates, TlsEndpoint endpoint)
    {
        using var chain = new X509Chain { ChainPolicy = PolicyFor(endpoint) };
        chain.ChainPolicy.ExtraStore.AddRange(intermediates);
        var built = chain.Build(certificate);
        return Refusal(chain, built ? SslPolicyErrors.None : SslPolicyErrors.RemoteCertificateChainErrors, endpoint);
    }

    /// <summary>Why a certificate whose chain was built by <see cref="PolicyFor"/> is refused, as the end of a sentence; null when it is good.</summary>
    internal string? Refusal(X509Chain chain, SslPolicyErrors errors, TlsEndpoint endpoint)
    {
        if (chain.ChainElements.Count == 0) return "cannot be read";
        foreach (var element in chain.ChainElements)
        {
            var flags = element.ChainElementStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status);
            var subject = element.Certificate == chain.ChainElements[0].Certificate ? "" : $"is signed by {DistinguishedName.Of(element.Certificate)}, which ";
            if (Refusal(element.Certificate, flags, endpoint) is { } reason) return subject + reason;
        }
        if (chain.ChainElements[0].Certificate.Extensions.OfType<X509KeyUsageExtension>().Any(usage => !usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature)))
            return "is not meant for digital signatures";
        if (chain.ChainStatus.Any(status => (status.Status & NotSigned) != 0)) return $"is not signed by the CA of {authorityFile}";
        // Whatever else a chain may have against it.
        if (chain.ChainStatus.Length > 0) return $"is refused: {chain.ChainStatus[0].StatusInformation.Trim()}";
        return errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) ? "cannot be verified" : null;
    }

    /// <summary>What time says against a certificate; null when it is valid now.</summary>
    internal static string? TimeRefusal(X509Certificate2 certificate)
    {
        if (DateTime.Now > certificate.NotAfter) return $"expired on {Day(certificate.NotAfter)}";
        return DateTime.Now < certificate.NotBefore ? $"is valid from {Day(certificate.NotBefore)} on only" : null;
    }

    internal static string Day(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private string? Refusal(X509Certificate2 certificate, X509ChainStatusFlags flags, TlsEndpoint endpoint)
    {
        if (flags.HasFlag(X509ChainStatusFlags.NotTimeValid)) return TimeRefusal(certificate) ?? "is not valid now";
        if (revocations.Any(list => list.Revokes(certificate))) return "was revoked by its CA";
        if ((flags & NotSigned) != 0) return $"is not signed by the CA of {authorityFile}";
        return flags.HasFlag(X509ChainStatusFlags.NotValidForUsage)
            ? $"is not meant for the {(endpoint == TlsEndpoint.Server ? "server" : "client")} of a TLS session"
            : null;
    }
}
