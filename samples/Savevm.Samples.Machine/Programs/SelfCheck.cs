using Savevm.Samples.Machine.Devices;
using Savevm.Samples.Machine.Processing;

namespace Savevm.Samples.Machine.Programs;

/// <summary>
/// The program that the machine runs. It goes through memory again and again: each word must be what it wrote the last time, and is then
/// written anew. So a page that is lost, old or in the wrong place shows in the next round. Every tick of the timer writes a number to the
/// disk, reads back what an older tick wrote there, and prints a line.
/// </summary>
internal static class SelfCheck
{
    private const int Data = 1 << 20;
    private const int DiskOut = 1 << 18;
    private const int DiskIn = DiskOut + BlockDevice.SectorBytes;

    // Sixteen words of each page.
    private const int Stride = 256;

    private const int TickNanoseconds = 10_000_000;
    private const int Factor = 0x1e3779b1;

    private const byte Zero = 0, First = 1, End = 2, Round = 3, Cursor = 4, Expected = 5, Found = 6, Scratch = 7, Tick = 8, Product = 9, Other = 10;

    /// <summary>The program for a machine with so much RAM.</summary>
    public static byte[] Assemble(long ramBytes)
    {
        var program = new Assembler();
        Fill(program, checked((int)ramBytes));
        Verify(program);
        WriteDisk(program);
        ReadDisk(program);
        program.Print("TICK ", Scratch).Out(Ports.SerialNumber, Tick).Print("\n", Scratch).Jump("next");
        Complain(program, "corrupt", "CORRUPT memory at ", Cursor);
        Complain(program, "corrupt-disk", "CORRUPT disk in tick ", Tick);
        program.Place("failed-disk").Print("CORRUPT disk fails\n", Scratch).Halt();
        return program.Assemble();
    }

    private static void Fill(Assembler program, int end) => program
        .Set(First, Data).Set(End, end).Set(Product, Factor)
        .Set(Scratch, TickNanoseconds).Out(Ports.TimerPeriod, Scratch)
        .AddNumber(Cursor, First, 0)
        .Place("fill")
        .Multiply(Expected, Cursor, Product)
        .Store(Cursor, Expected)
        .AddNumber(Cursor, Cursor, Stride)
        .Branch(Opcode.BranchBelow, Cursor, End, "fill");

    // A word is its address times a factor, plus the number of rounds in which it was written.
    private static void Verify(Assembler program) => program
        .Place("round")
        .AddNumber(Cursor, First, 0)
        .Place("verify")
        .Multiply(Expected, Cursor, Product)
        .Add(Expected, Expected, Round)
        .Load(Found, Cursor)
        .Branch(Opcode.BranchUnequal, Found, Expected, "corrupt")
        .AddNumber(Expected, Expected, 1)
        .Store(Cursor, Expected)
        .AddNumber(Cursor, Cursor, Stride)
        .In(Scratch, Ports.TimerFired)
        .Branch(Opcode.BranchUnequal, Scratch, Zero, "tick")
        .Place("next")
        .Branch(Opcode.BranchBelow, Cursor, End, "verify")
        .AddNumber(Round, Round, 1)
        .Jump("round");

    private static void WriteDisk(Assembler program) => Request(
        program.Place("tick")
            .AddNumber(Tick, Tick, 1)
            .Set(Scratch, DiskOut).Out(Ports.DiskAddress, Scratch).Store(Scratch, Tick)
            .Mask(Scratch, Tick, BlockDevice.SectorCount - 1).Out(Ports.DiskSector, Scratch),
        BlockDevice.WriteRequest,
        "writing");

    // The next sector has the oldest number, if there is one already.
    private static void ReadDisk(Assembler program) => Request(
            program.Set(Scratch, DiskIn).Out(Ports.DiskAddress, Scratch)
                .AddNumber(Scratch, Tick, 1).Mask(Scratch, Scratch, BlockDevice.SectorCount - 1).Out(Ports.DiskSector, Scratch),
            BlockDevice.ReadRequest,
            "reading")
        .Set(Scratch, DiskIn).Load(Found, Scratch)
        .AddNumber(Expected, Tick, 1 - BlockDevice.SectorCount)
        .Set(Scratch, BlockDevice.SectorCount - 1)
        .Branch(Opcode.BranchEqual, Found, Expected, "read")
        .Branch(Opcode.BranchUnequal, Found, Zero, "corrupt-disk")
        .Branch(Opcode.BranchBelow, Scratch, Tick, "corrupt-disk")
        .Place("read");

    private static Assembler Request(Assembler program, int request, string waiting) => program
        .Set(Scratch, request).Out(Ports.DiskRequest, Scratch)
        .Set(Other, BlockDevice.Busy)
        .Place(waiting)
        .In(Scratch, Ports.DiskRequest)
        .Branch(Opcode.BranchEqual, Scratch, Other, waiting)
        .Branch(Opcode.BranchUnequal, Scratch, Zero, "failed-disk");

    private static void Complain(Assembler program, string place, string text, byte where) => program
        .Place(place)
        .Print(text, Scratch).Out(Ports.SerialNumber, where)
        .Print(": found ", Scratch).Out(Ports.SerialNumber, Found)
        .Print(", expected ", Scratch).Out(Ports.SerialNumber, Expected)
        .Print("\n", Scratch)
        .Halt();
}
