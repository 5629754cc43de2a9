using System.Globalization;

namespace Savevm.Linux.Sockets;

/// <summary>
/// Finds who has a unix address open, so that an error about a busy socket can name somebody. Best effort: other users'
/// processes are only seen by root, and other network namespaces not at all.
/// </summary>
public static class UnixSocketOwner
{
    private const int AcceptsConnections = 0x10000;

    /// <summary>The processes that listen on, serve or call the address; listeners first, then clients. Empty when nothing was found.</summary>
    /// <param name="path">The socket's path; a relative one is also looked for as its full path.</param>
    public static IReadOnlyList<UnixSocketUser> Find(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var roles = RolesOf(path);
        if (roles.Count == 0) return [];
        foreach (var (socket, peer) in UnixSocketPeers.Read())
            if (roles.TryGetValue(socket, out var role) && role == UnixSocketRole.Server) roles.TryAdd(peer, UnixSocketRole.Client);
        var users = new HashSet<UnixSocketUser>();
        foreach (var folder in ProcessFolders()) AddUsers(folder, roles, users);
        return [.. users.OrderBy(user => user.Role switch { UnixSocketRole.Listener => 0, UnixSocketRole.Client => 1, _ => 2 }).ThenBy(user => user.ProcessId)];
    }

    private static Dictionary<long, UnixSocketRole> RolesOf(string path)
    {
        // Num RefCount Protocol Flags Type St Inode Path
        var roles = new Dictionary<long, UnixSocketRole>();
        var full = Path.GetFullPath(path);
        foreach (var line in ReadLines("/proc/net/unix").Skip(1))
        {
            var fields = line.Split(' ', 8, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 8 || (fields[7] != path && fields[7] != full)) continue;
            if (!int.TryParse(fields[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var flags)) continue;
            if (!long.TryParse(fields[6], CultureInfo.InvariantCulture, out var inode)) continue;
            roles[inode] = (flags & AcceptsConnections) != 0 ? UnixSocketRole.Listener : UnixSocketRole.Server;
        }
        return roles;
    }

    private static void AddUsers(string folder, Dictionary<long, UnixSocketRole> roles, HashSet<UnixSocketUser> users)
    {
        string[] descriptors;
        try
        {
            descriptors = Directory.GetFiles(Path.Combine(folder, "fd"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return;
        }
        foreach (var descriptor in descriptors)
        {
            if (!TryGetSocketInode(descriptor, out var inode) || !roles.TryGetValue(inode, out var role)) continue;
            var name = ReadLines(Path.Combine(folder, "comm")).FirstOrDefault() ?? "";
            users.Add(new UnixSocketUser(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture), name, role));
        }
    }

    private static bool TryGetSocketInode(string descriptor, out long inode)
    {
        inode = 0;
        try
        {
            var target = new FileInfo(descriptor).LinkTarget;
            return target is not null && target.StartsWith("socket:[", StringComparison.Ordinal)
                && long.TryParse(target.AsSpan(8).TrimEnd(']'), CultureInfo.InvariantCulture, out inode);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static IEnumerable<string> ProcessFolders() =>
        Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(folder["/proc/".Length]));

    private static string[] ReadLines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
