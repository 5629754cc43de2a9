using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Savevm.Transport.Tls;

/// <summary>
/// The certificates that a CA took back (RFC 5280, 5.1). The file lies beside the CA's own certificate and is trusted as that is, so its
/// signature proves nothing more and is not looked at.
/// </summary>
internal sealed class RevocationList
{
    private readonly byte[] issuer;
    private readonly HashSet<string> serials = [];

    private RevocationList(ReadOnlyMemory<byte> encoded)
    {
        var list = new AsnReader(encoded, AsnEncodingRules.DER).ReadSequence().ReadSequence();
        if (list.PeekTag() == Asn1Tag.Integer) list.ReadInteger();
        list.ReadSequence();
        issuer = list.ReadEncodedValue().ToArray();
        ReadTime(list);
        NextUpdate = list.HasData && IsTime(list) ? ReadTime(list) : DateTimeOffset.MaxValue;
        if (!list.HasData || list.PeekTag() != Asn1Tag.Sequence) return;
        var entries = list.ReadSequence();
        while (entries.HasData) serials.Add(Text(entries.ReadSequence().ReadIntegerBytes().Span));
    }

    /// <summary>When the CA promised a newer list.</summary>
    internal DateTimeOffset NextUpdate { get; }

    /// <summary>Reads all lists of a PEM text.</summary>
    /// <exception cref="AsnContentException">One of them is none.</exception>
    /// <exception cref="CryptographicException">There is none.</exception>
    internal static List<RevocationList> ReadAll(ReadOnlySpan<char> pem)
    {
        List<RevocationList> lists = [];
        while (PemEncoding.TryFind(pem, out var fields))
        {
            if (pem[fields.Label] is "X509 CRL") lists.Add(new RevocationList(Convert.FromBase64String(pem[fields.Base64Data].ToString())));
            pem = pem[fields.Location.End..];
        }
        return lists.Count > 0 ? lists : throw new CryptographicException("no X509 CRL is in it");
    }

    internal bool Revokes(X509Certificate2 certificate) =>
        certificate.IssuerName.RawData.AsSpan().SequenceEqual(issuer) && serials.Contains(Text(certificate.SerialNumberBytes.Span));

    private static string Text(ReadOnlySpan<byte> serial) => Convert.ToHexString(serial).TrimStart('0');

    private static bool IsTime(AsnReader reader) => reader.PeekTag() == Asn1Tag.UtcTime || reader.PeekTag() == Asn1Tag.GeneralizedTime;

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag() == Asn1Tag.UtcTime ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();
}
