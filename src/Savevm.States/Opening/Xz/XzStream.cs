using System.Runtime.InteropServices;
using Savevm.Linux.Memory;

namespace Savevm.States.Opening.Xz;

/// <summary>Unpacks xz. For one thread.</summary>
internal sealed unsafe class XzStream : ReadingStream
{
    private const int InputBytes = 64 << 10;

    private readonly Stream _packed;
    private readonly LzmaLibrary _library;
    private readonly ulong _memoryLimit;
    private readonly NativeBuffer _input = new(InputBytes);

    // In native memory, since the library remembers where its own part of it points to.
    private LzmaStream* _stream;
    private bool _inputEnded;
    private bool _ended;

    internal XzStream(Stream packed, LzmaLibrary library, ulong memoryLimit)
    {
        _packed = packed;
        _library = library;
        _memoryLimit = memoryLimit;
        _stream = (LzmaStream*)NativeMemory.AllocZeroed((nuint)sizeof(LzmaStream));
        Check(library.Open(_stream, memoryLimit));
    }

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_stream == null, this);
        if (buffer.IsEmpty)
            return 0;

        // Safe because the library writes at most OutputBytes bytes while the buffer is pinned, and reads the input from native memory.
        fixed (byte* output = buffer)
        {
            _stream->NextOutput = output;
            _stream->OutputBytes = (nuint)buffer.Length;
            while (!_ended && _stream->OutputBytes == (nuint)buffer.Length)
                Step();
            return buffer.Length - (int)_stream->OutputBytes;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _stream != null)
        {
            _library.End(_stream);
            NativeMemory.Free(_stream);
            _stream = null;
            _input.Dispose();
        }
        base.Dispose(disposing);
    }

    private void Step()
    {
        if (_stream->InputBytes == 0 && !_inputEnded)
        {
            int count = _packed.Read(_input.Span);
            _inputEnded = count == 0;
            _stream->NextInput = (byte*)_input.Address;
            _stream->InputBytes = (nuint)count;
        }
        int result = _library.Code(_stream, _inputEnded ? LzmaLibrary.Finish : LzmaLibrary.Run);
        if (result == LzmaLibrary.StreamEnd)
            _ended = true;
        else
            Check(result);
    }

    private void Check(int result)
    {
        switch (result)
        {
            case LzmaLibrary.Ok:
                return;
            case LzmaLibrary.NoProgress:
                throw new EndOfStreamException();
            case LzmaLibrary.MemoryLimit:
                throw new UnsupportedFormException(
                    $"the xz data needs more than {_memoryLimit >> 20} MiB of memory to be unpacked", "unpack it before: xz -d < FILE > PLAIN");
            case LzmaLibrary.MemoryRefused:
                throw new UnsupportedFormException("this system has not the memory that the xz data needs to be unpacked");
            default:
                throw new InvalidDataException();
        }
    }
}
