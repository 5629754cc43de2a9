using System.Text.Json.Nodes;

namespace Savevm.Qemu.Qmp;

/// <summary>What a monitor says of itself when it opens.</summary>
/// <param name="Major">First number of QEMU's version.</param>
/// <param name="Minor">Second number.</param>
/// <param name="Micro">Third number.</param>
/// <param name="Package">The distributor's own version text; may be empty.</param>
/// <param name="OffersOob">Out-of-band commands can be negotiated.</param>
public sealed record QmpGreeting(int Major, int Minor, int Micro, string Package, bool OffersOob)
{
    /// <summary>The version as QEMU prints it, such as <c>7.2.22</c>.</summary>
    public string Version => FormattableString.Invariant($"{Major}.{Minor}.{Micro}");

    internal static QmpGreeting? Parse(JsonObject message)
    {
        if (message["QMP"] is not JsonObject qmp || qmp["version"] is not JsonObject version || version["qemu"] is not JsonObject numbers)
        {
            return null;
        }

        bool oob = qmp["capabilities"] is JsonArray offered && offered.Any(item => item.AsText() == "oob");
        return new QmpGreeting(
            (int)numbers.Number("major"),
            (int)numbers.Number("minor"),
            (int)numbers.Number("micro"),
            version.Text("package") ?? string.Empty,
            oob);
    }
}
