using System.Runtime.InteropServices;
using System.Text;

namespace Savevm.Linux.Processes;

/// <summary>A NULL-terminated array of C strings in one piece of native memory.</summary>
internal sealed unsafe class StringVector : IDisposable
{
    internal StringVector(IEnumerable<string> strings)
    {
        var list = strings.ToArray();
        nuint size = (nuint)(list.Length + 1) * (nuint)sizeof(byte*);
        foreach (var text in list)
        {
            if (text.Contains('\0', StringComparison.Ordinal)) throw new ArgumentException("An argument cannot contain a NUL.", nameof(strings));
            size += (nuint)Encoding.UTF8.GetByteCount(text) + 1;
        }
        Pointer = (byte**)NativeMemory.Alloc(size);
        var next = (byte*)(Pointer + list.Length + 1);
        var end = (byte*)Pointer + size;
        for (var i = 0; i < list.Length; i++)
        {
            Pointer[i] = next;
            next += Encoding.UTF8.GetBytes(list[i], new Span<byte>(next, checked((int)(end - next))));
            *next++ = 0;
        }
        Pointer[list.Length] = null;
    }

    internal byte** Pointer { get; private set; }

    public void Dispose()
    {
        NativeMemory.Free(Pointer);
        Pointer = null;
    }
}
