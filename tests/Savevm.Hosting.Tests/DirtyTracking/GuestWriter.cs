using Savevm.Hosting.Ram;
using Savevm.Linux.Files;
using Savevm.Linux.Memory;

namespace Savevm.Hosting.Tests.DirtyTracking;

/// <summary>The ways in which a machine of this process can write to its RAM.</summary>
internal static unsafe class GuestWriter
{
    /// <summary>Through the accessor: bytes, numbers, fills; also over the ends of pages.</summary>
    internal static void ByAccessor(HostedRamBlock block, Random random)
    {
        Span<byte> bytes = stackalloc byte[300];
        var length = (int)Math.Min(random.Next(1, bytes.Length), block.UsedLength);
        var offset = random.NextInt64(block.UsedLength - length + 1);
        switch (random.Next(3))
        {
            case 0:
                random.NextBytes(bytes[..length]);
                block.Memory.Write(offset, bytes[..length]);
                break;
            case 1:
                block.Memory.Fill(offset, (byte)random.Next(), length);
                break;
            default:
                block.Memory.WriteUInt64(random.NextInt64(block.UsedLength - 7), (ulong)random.NextInt64());
                break;
        }
    }

    /// <summary>By the C library.</summary>
    internal static void ByNativeCode(HostedRamBlock block, Random random)
    {
        var length = (nint)Math.Min(random.NextInt64(1, 9000), block.UsedLength);
        NativeFill.Fill(block.Address + (nint)random.NextInt64(block.UsedLength - length + 1), (byte)random.Next(), length);
    }

    /// <summary>By the kernel, in a system call that reads a file.</summary>
    internal static void ByKernel(HostedRamBlock block, Random random, LinuxFile file)
    {
        var length = (int)Math.Min(random.NextInt64(1, 9000), block.UsedLength);
        var offset = random.NextInt64(block.UsedLength - length + 1);
        file.Read(new Span<byte>((void*)(block.Address + (nint)offset), length), random.Next(1000));
    }

    /// <summary>By a pointer of managed code, which decision 13 allows under asynchronous write protection.</summary>
    internal static void ByPointer(HostedRamBlock block, Random random) =>
        *(long*)(block.Address + (nint)random.NextInt64(block.UsedLength / 8) * 8) = random.NextInt64();
}
