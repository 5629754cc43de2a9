using System.Globalization;

namespace Savevm.Wire.Dialects;

/// <summary>A release of QEMU, such as 7.2. Releases bound to a machine type are named by it.</summary>
/// <param name="Major">First number.</param>
/// <param name="Minor">Second number.</param>
public readonly record struct QemuRelease(int Major, int Minor) : IComparable<QemuRelease>
{
    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <(QemuRelease left, QemuRelease right) => left.CompareTo(right) < 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >(QemuRelease left, QemuRelease right) => left.CompareTo(right) > 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <=(QemuRelease left, QemuRelease right) => left.CompareTo(right) <= 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >=(QemuRelease left, QemuRelease right) => left.CompareTo(right) >= 0;

    /// <summary>Reads <c>10.0</c>, also with further parts behind the second number.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out QemuRelease release)
    {
        release = default;
        int dot = text.IndexOf('.');
        if (dot < 0)
            return false;
        ReadOnlySpan<char> rest = text[(dot + 1)..];
        int end = rest.IndexOfAnyExceptInRange('0', '9');
        if (!int.TryParse(text[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out int major)
            || !int.TryParse(end < 0 ? rest : rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out int minor))
        {
            return false;
        }
        release = new QemuRelease(major, minor);
        return true;
    }

    /// <summary>The release in a versioned machine name, such as <c>pc-i440fx-7.2</c> or <c>pc-q35-10.0</c>.</summary>
    /// <returns>False for an alias such as <c>pc</c> and for machines without versions.</returns>
    public static bool TryParseMachine(string machineName, out QemuRelease release)
    {
        ArgumentNullException.ThrowIfNull(machineName);
        return TryParse(machineName.AsSpan(machineName.LastIndexOf('-') + 1), out release);
    }

    /// <summary>Order of appearance.</summary>
    public int CompareTo(QemuRelease other) => Major == other.Major ? Minor.CompareTo(other.Minor) : Major.CompareTo(other.Major);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");
}
