using System.Text.RegularExpressions;

namespace Savevm.Disks;

/// <summary>The names of overlays that a capture makes: <c>disk.savevm-web.qcow2</c> for <c>disk.raw</c>, beside it unless told otherwise.</summary>
internal static partial class OverlayName
{
    /// <summary>A path where nothing is yet.</summary>
    /// <param name="below">The image that the overlay comes to stand on.</param>
    /// <param name="snapshot">The snapshot's name.</param>
    /// <param name="folder">Where; null for the folder of <paramref name="below"/>.</param>
    /// <param name="taken">Paths that are promised already.</param>
    public static string Fresh(string below, string snapshot, string? folder, IReadOnlyCollection<string> taken)
    {
        // An overlay on an overlay of ours is named after the image at the bottom: names do not grow with the chain.
        var stem = Ours().Replace(Path.GetFileNameWithoutExtension(below), "");
        for (var number = 1; ; number++)
        {
            var suffix = number == 1 ? "" : FormattableString.Invariant($".{number}");
            var path = Path.Combine(folder ?? Path.GetDirectoryName(below)!, $"{stem}.savevm-{snapshot}{suffix}.qcow2");
            if (!File.Exists(path) && !taken.Contains(path)) return path;
        }
    }

    /// <summary>Whether an image was made by a capture: its header names what it stands on, in full.</summary>
    public static bool IsOurs(string path) => Ours().IsMatch(Path.GetFileNameWithoutExtension(path));

    [GeneratedRegex(@"\.savevm-[A-Za-z0-9._-]+$")]
    private static partial Regex Ours();
}
