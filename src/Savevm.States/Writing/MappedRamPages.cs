using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Memory;
using Savevm.Machine.Ram;
using Savevm.Wire.Ram;

namespace Savevm.States.Writing;

/// <summary>
/// The pages of a mapped-ram file: threads take one piece of RAM after the other. A piece is a multiple of 64 pages, so two threads never
/// write the same byte of a bitmap.
/// </summary>
internal sealed class MappedRamPages(
    IRamSource ram, ExportFile target, MappedRamPlace[] places, MappedRamOptions options, WritingWatch watch)
{
    private const int PagesPerPiece = 1024;

    private readonly int _threads = Math.Clamp(options.Threads, 1, 64);
    private long _nextPiece = -1;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Writes all pages, and returns or throws when no thread is left.</summary>
    internal void Run()
    {
        using SafeFileHandle? direct = options.IsDirect ? target.OpenDirect() : null;
        SafeFileHandle handle = direct ?? target.File!.Handle;
        var others = new Thread[_threads - 1];
        for (int i = 0; i < others.Length; i++)
        {
            others[i] = new Thread(() => Work(handle)) { IsBackground = true, Name = $"mapped-ram {i + 1}" };
            others[i].Start();
        }
        Work(handle);
        foreach (Thread other in others)
            other.Join();
        _failure?.Throw();
    }

    private void Work(SafeFileHandle handle)
    {
        try
        {
            using IPageReader reader = ram.OpenReader();
            using NativeBuffer? aligned = options.IsDirect ? new NativeBuffer(PageCopy.PagesPerRead * RamBlock.PageSize) : null;
            int index = 0;
            long firstPiece = 0;
            while (Volatile.Read(ref _failure) is null)
            {
                long piece = Interlocked.Increment(ref _nextPiece);
                for (; index < places.Length && piece - firstPiece >= PieceCount(index); index++)
                    firstPiece += PieceCount(index);
                if (index == places.Length)
                    return;
                WritePiece(reader, handle, places[index], (piece - firstPiece) * PagesPerPiece, aligned);
            }
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
        }
    }

    private long PieceCount(int index) => (places[index].Block.PageCount + PagesPerPiece - 1) / PagesPerPiece;

    private void WritePiece(IPageReader reader, SafeFileHandle handle, MappedRamPlace place, long page, NativeBuffer? aligned)
    {
        long end = Math.Min(page + PagesPerPiece, place.Block.PageCount);
        while (page < end)
        {
            PageRun run = reader.Read(place.Block.Index, page, (int)Math.Min(PageCopy.PagesPerRead, end - page));
            if (!run.IsZero)
            {
                ReadOnlySpan<byte> bytes = run.Bytes;
                if (aligned is not null)
                {
                    Span<byte> copy = aligned.Slice(0, bytes.Length);
                    bytes.CopyTo(copy);
                    bytes = copy;
                }
                RandomAccess.Write(handle, bytes, (long)place.Header.PagesPosition + (page * RamBlock.PageSize));
                PageBits.SetRange(place.Bitmap, page, run.PageCount);
            }
            page += run.PageCount;
            watch.Add((long)run.PageCount * RamBlock.PageSize);
        }
    }
}
