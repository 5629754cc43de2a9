using System.Runtime.InteropServices;

namespace Savevm.Benchmarks.Subjects;

/// <summary>The routines of <c>benchmarks/peers/page-routines.c</c>, in this process. Lives until the program ends.</summary>
internal sealed unsafe class PageRoutines
{
    private readonly delegate* unmanaged<byte*, nint, nint> _countZero;
    private readonly delegate* unmanaged<byte*, byte*, nint, byte*, int*, void> _encode;
    private readonly delegate* unmanaged<byte*, int*, nint, byte*, void> _decode;

    /// <param name="library">The library that was made of them.</param>
    public PageRoutines(string library)
    {
        nint handle = NativeLibrary.Load(library);
        _countZero = (delegate* unmanaged<byte*, nint, nint>)NativeLibrary.GetExport(handle, "count_zero");
        _encode = (delegate* unmanaged<byte*, byte*, nint, byte*, int*, void>)NativeLibrary.GetExport(handle, "encode_pages");
        _decode = (delegate* unmanaged<byte*, int*, nint, byte*, void>)NativeLibrary.GetExport(handle, "decode_pages");
    }

    /// <summary>How many of the pages are zero.</summary>
    public long CountZero(byte* pages, long count) => _countZero(pages, (nint)count);

    /// <summary>Encodes each page into one of <paramref name="to"/>; a length is -1 where a difference does not fit.</summary>
    public void Encode(byte* before, byte* now, int count, byte* to, int* lengths) => _encode(before, now, count, to, lengths);

    /// <summary>Applies each difference to a page.</summary>
    public void Decode(byte* from, int* lengths, int count, byte* pages) => _decode(from, lengths, count, pages);
}
