using System.Runtime.InteropServices;

namespace Savevm.States.Opening.Xz;

/// <summary>The system's liblzma, looked for when the first xz file is opened; nothing else of this program needs it.</summary>
internal sealed unsafe class LzmaLibrary
{
    internal const int Run = 0, Finish = 3;
    internal const int Ok = 0, StreamEnd = 1, MemoryRefused = 5, MemoryLimit = 6, NoProgress = 10;

    private const string FileName = "liblzma.so.5";
    private const uint Concatenated = 8;

    private readonly delegate* unmanaged<LzmaStream*, ulong, uint, int> _open;
    private readonly delegate* unmanaged<LzmaStream*, int, int> _code;
    private readonly delegate* unmanaged<LzmaStream*, void> _end;

    private LzmaLibrary(nint library)
    {
        // Safe because these three have had these signatures in every release of version 5 of the library.
        _open = (delegate* unmanaged<LzmaStream*, ulong, uint, int>)NativeLibrary.GetExport(library, "lzma_stream_decoder");
        _code = (delegate* unmanaged<LzmaStream*, int, int>)NativeLibrary.GetExport(library, "lzma_code");
        _end = (delegate* unmanaged<LzmaStream*, void>)NativeLibrary.GetExport(library, "lzma_end");
    }

    /// <summary>Loads the library.</summary>
    /// <exception cref="UnsupportedFormException">The system has none.</exception>
    internal static LzmaLibrary Load(string fileName = FileName) => NativeLibrary.TryLoad(fileName, out nint library)
        ? new LzmaLibrary(library)
        : throw new UnsupportedFormException(
            $"the stream is compressed by xz, and this system has no {fileName}",
            "install it (Debian: apt install liblzma5; Fedora: dnf install xz-libs), or unpack it before: xz -d < FILE > PLAIN");

    /// <summary>Begins to unpack files of the .xz format, one behind the other.</summary>
    internal int Open(LzmaStream* stream, ulong memoryLimit) => _open(stream, memoryLimit, Concatenated);

    internal int Code(LzmaStream* stream, int action) => _code(stream, action);

    internal void End(LzmaStream* stream) => _end(stream);
}
