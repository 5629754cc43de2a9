using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Savevm.Transport.Tls;

/// <summary>
/// Writes the name of a certificate's subject as RFC 4514 and QEMU's <c>tls-authz</c> do: the last part first, separated by commas. Two
/// names that are different are never written alike, so that a name can be compared with those that are allowed.
/// </summary>
internal static class DistinguishedName
{
    private static readonly Dictionary<string, string> Keywords = new()
    {
        ["2.5.4.3"] = "CN",
        ["2.5.4.5"] = "serialNumber",
        ["2.5.4.6"] = "C",
        ["2.5.4.7"] = "L",
        ["2.5.4.8"] = "ST",
        ["2.5.4.9"] = "STREET",
        ["2.5.4.10"] = "O",
        ["2.5.4.11"] = "OU",
        ["0.9.2342.19200300.100.1.1"] = "UID",
        ["0.9.2342.19200300.100.1.25"] = "DC",
        ["1.2.840.113549.1.9.1"] = "EMAIL",
    };

    internal static string Of(X509Certificate2 certificate)
    {
        var text = new StringBuilder();
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames(reversed: true))
        {
            if (text.Length > 0) text.Append(',');
            if (part.HasMultipleElements || part.GetSingleElementValue() is not { } value)
            {
                // Nobody means such a part when names are allowed; its bytes say which it is.
                text.Append('#').Append(Convert.ToHexStringLower(part.RawData.Span));
                continue;
            }
            var type = part.GetSingleElementType().Value ?? "";
            text.Append(Keywords.GetValueOrDefault(type, type)).Append('=');
            AppendEscaped(text, value);
        }
        return text.ToString();
    }

    private static void AppendEscaped(StringBuilder text, string value)
    {
        for (var at = 0; at < value.Length; at++)
        {
            var letter = value[at];
            if (letter == '\0')
            {
                text.Append("\\00");
                continue;
            }
            var isEdge = (letter == ' ' && (at == 0 || at == value.Length - 1)) || (letter == '#' && at == 0);
            if (isEdge || letter is ',' or '+' or '"' or '\\' or '<' or '>' or ';') text.Append('\\');
            text.Append(letter);
        }
    }
}
