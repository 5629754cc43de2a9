using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Aes = System.Runtime.Intrinsics.X86.Aes;

namespace Savevm.States.Surveys;

/// <summary>
/// A number that is the same for equal pages, and different for others as far as chance goes: to count, not to prove. Nothing of it leaves the
/// process. Data plane: no allocation. Any thread.
/// </summary>
internal static class PageDigest
{
    // One lane for each instruction that the processor can have under way.
    private const int Lanes = 8;
    private const int StepBytes = Lanes * 16;

    /// <summary>The digest of some bytes, never zero.</summary>
    internal static ulong Of(ReadOnlySpan<byte> bytes)
    {
        // The executable is built for every processor, so that the library's hash takes the narrow registers and thrice the time of this.
        if (!Aes.IsSupported)
            return XxHash3.HashToUInt64(bytes) | 1;
        int whole = bytes.Length & -StepBytes;
        ulong rest = whole < bytes.Length ? XxHash3.HashToUInt64(bytes[whole..]) : 0;
        return (ByCipher(ref MemoryMarshal.GetReference(bytes), (nuint)whole) ^ rest) | 1;
    }

    // Nothing is called in here: the lanes stay in registers.
    private static ulong ByCipher(ref byte start, nuint length)
    {
        Vector128<byte> a = Start(1);
        Vector128<byte> b = Start(2);
        Vector128<byte> c = Start(3);
        Vector128<byte> d = Start(4);
        Vector128<byte> e = Start(5);
        Vector128<byte> f = Start(6);
        Vector128<byte> g = Start(7);
        Vector128<byte> h = Start(8);
        for (nuint at = 0; at < length; at += StepBytes)
        {
            a = Aes.Encrypt(a, Vector128.LoadUnsafe(ref start, at));
            b = Aes.Encrypt(b, Vector128.LoadUnsafe(ref start, at + 16));
            c = Aes.Encrypt(c, Vector128.LoadUnsafe(ref start, at + 32));
            d = Aes.Encrypt(d, Vector128.LoadUnsafe(ref start, at + 48));
            e = Aes.Encrypt(e, Vector128.LoadUnsafe(ref start, at + 64));
            f = Aes.Encrypt(f, Vector128.LoadUnsafe(ref start, at + 80));
            g = Aes.Encrypt(g, Vector128.LoadUnsafe(ref start, at + 96));
            h = Aes.Encrypt(h, Vector128.LoadUnsafe(ref start, at + 112));
        }
        Vector128<byte> all = (Stir(a) ^ Stir(b)) ^ (Stir(c) ^ Stir(d)) ^ ((Stir(e) ^ Stir(f)) ^ (Stir(g) ^ Stir(h)));
        Vector128<ulong> number = Stir(Stir(all ^ Start(length))).AsUInt64();
        return number[0] ^ number[1];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Start(ulong number) => Vector128.Create(number, number * 0x9E3779B97F4A7C15).AsByte();

    // After two rounds a bit has reached every bit, so that no small change of one lane makes good that of another.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Stir(Vector128<byte> lane) => Aes.Encrypt(Aes.Encrypt(lane, Start(9)), Start(10));
}
