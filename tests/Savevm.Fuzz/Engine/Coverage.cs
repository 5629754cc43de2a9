using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Savevm.Fuzz.Engine;

/// <summary>
/// Which branches an input took. Instrumented assemblies count every branch in a table of the process; what is not instrumented
/// leaves it empty, and all inputs look alike. Belongs to one thread.
/// </summary>
internal sealed unsafe class Coverage
{
    private const int Slots = 1 << 16;

    private static readonly FieldInfo LastPlace;
    private static readonly object Nowhere = 0;

    // For the life of the process, for whatever is instrumented counts at any time.
    private static readonly byte* Taken = (byte*)NativeMemory.AllocZeroed(Slots);

    private readonly byte[] _known = new byte[Slots];

    static Coverage()
    {
        // By their names: an assembly that knows them itself counts as instrumented already, and this program's shall be, too.
        Type trace = Assembly.Load("SharpFuzz.Common").GetType("SharpFuzz.Common.Trace", throwOnError: true)!;
        trace.GetField("SharedMem")!.SetValue(null, Pointer.Box(Taken, typeof(byte*)));
        LastPlace = trace.GetField("PrevLocation")!;
    }

    /// <summary>Branches seen so far, counts told apart by their size.</summary>
    public int KnownCount { get; private set; }

    /// <summary>Gives instrumented assemblies their table. Nothing in them may run before.</summary>
    public static void Attach() => RuntimeHelpers.RunClassConstructor(typeof(Coverage).TypeHandle);

    /// <summary>Forgets what was taken; the next input begins.</summary>
    public static void Begin()
    {
        // SAFETY: the table has so many bytes and lives as long as the process.
        new Span<byte>(Taken, Slots).Clear();
        LastPlace.SetValue(null, Nowhere);
    }

    /// <summary>Learns what the input took.</summary>
    /// <returns>True when no input before took it, or took it about as often.</returns>
    public bool Learn()
    {
        // SAFETY: as above.
        var taken = new ReadOnlySpan<byte>(Taken, Slots);
        bool isNew = false;
        int at = 0;
        while (true)
        {
            int next = taken[at..].IndexOfAnyExcept((byte)0);
            if (next < 0)
                return isNew;
            at += next;
            byte size = SizeOf(taken[at]);
            if ((_known[at] & size) == 0)
            {
                _known[at] |= size;
                KnownCount++;
                isNew = true;
            }
            at++;
        }
    }

    /// <summary>One bit for each size of a count, as far as it matters: once, twice, a few times, many times.</summary>
    private static byte SizeOf(byte count) => count switch
    {
        1 => 1,
        2 => 2,
        3 => 4,
        < 8 => 8,
        < 16 => 16,
        < 32 => 32,
        < 128 => 64,
        _ => 128,
    };
}
