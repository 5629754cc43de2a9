using System.Collections.Frozen;

namespace Savevm.Qemu.Facts;

/// <summary>
/// The options of the objects that people add to a running QEMU, with the value that an option has when it is not given. QEMU lists an
/// object's properties, but neither their defaults nor which of them can be set.
/// </summary>
internal static class ObjectPropertyTable
{
    private const string Memory =
        "size= share=false prealloc=false merge=true dump=true host-nodes=[] policy=\"default\" reserve=true prealloc-threads=1";

    private const string Credentials = "dir= endpoint=\"client\" verify-peer=true priority=\"\"";

    private static readonly FrozenDictionary<string, KeyValuePair<string, string?>[]> Rows = new Dictionary<string, string>
    {
        ["memory-backend-ram"] = Memory,
        ["memory-backend-memfd"] = Memory + " hugetlb=false hugetlbsize=0 seal=true",
        ["memory-backend-file"] = Memory + " mem-path= align=0 offset=0 discard-data=false pmem=false readonly=false rom=\"auto\"",
        ["memory-backend-shm"] = Memory,
        ["iothread"] = "poll-max-ns=32768 poll-grow=0 poll-shrink=0 aio-max-batch=0 thread-pool-min=0 thread-pool-max=64",
        ["rng-random"] = "filename=\"/dev/urandom\"",
        ["rng-egd"] = "chardev=\"\"",
        ["rng-builtin"] = "",
        ["can-bus"] = "",
        ["tls-creds-x509"] = Credentials + " sanity-check=true passwordid=\"\"",
        ["tls-creds-psk"] = Credentials + " username=\"\"",
        ["tls-creds-anon"] = Credentials,
        ["input-linux"] = "evdev= grab_all=false repeat=false grab-toggle=\"ctrl-ctrl\"",
    }.ToFrozenDictionary(row => row.Key, row => row.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Property).ToArray());

    /// <summary>The type is in the table.</summary>
    public static bool Knows(string type) => Rows.ContainsKey(type);

    /// <summary>The options of a type and, as JSON text, what each is when it is not given; null where it must be given.</summary>
    public static IReadOnlyList<KeyValuePair<string, string?>> Of(string type) => Rows.GetValueOrDefault(type) ?? [];

    private static KeyValuePair<string, string?> Property(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return new KeyValuePair<string, string?>(text[..equals], equals + 1 < text.Length ? text[(equals + 1)..] : null);
    }
}
