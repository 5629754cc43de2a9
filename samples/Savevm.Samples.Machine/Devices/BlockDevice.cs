using Savevm.Hosting.Ram;
using Savevm.VMState.Attributes;

namespace Savevm.Samples.Machine.Devices;

/// <summary>
/// A disk of sectors in memory. A request takes a while, and the sectors travel with the device: a machine may be moved in the middle of a
/// request, which is then carried out on the other side.
/// </summary>
[VMState("sample-disk", Version = 1)]
internal sealed partial class BlockDevice(GuestMemory memory) : IPortDevice
{
    internal const int SectorBytes = 512;
    internal const int SectorCount = 64;

    internal const int ReadRequest = 1;
    internal const int WriteRequest = 2;

    internal const int Idle = 0;
    internal const int Busy = 1;
    internal const int Failed = 2;

    // So long that many migrations find a request under way.
    private const int InstructionsPerRequest = 4000;

    [VMStateField(Name = "sector")]
    private ulong sector;

    [VMStateField(Name = "address")]
    private ulong address;

    [VMStateField(Name = "request")]
    private byte request;

    [VMStateField(Name = "status")]
    private byte status;

    [VMStateField(Name = "remaining")]
    private int remaining;

    [VMStateBuffer(SectorBytes * SectorCount, Name = "sectors")]
    private readonly byte[] sectors = new byte[SectorBytes * SectorCount];

    public ulong Read(int register) => register switch
    {
        Ports.DiskSector % Ports.PerDevice => sector,
        Ports.DiskAddress % Ports.PerDevice => address,
        Ports.DiskRequest % Ports.PerDevice => status,
        _ => 0,
    };

    public void Write(int register, ulong value)
    {
        if (status == Busy) return;
        switch (register)
        {
            case Ports.DiskSector % Ports.PerDevice:
                sector = value;
                break;
            case Ports.DiskAddress % Ports.PerDevice:
                address = value;
                break;
            case Ports.DiskRequest % Ports.PerDevice:
                (request, status, remaining) = ((byte)value, Busy, InstructionsPerRequest);
                break;
            default:
                break;
        }
    }

    public void Advance(int instructions)
    {
        if (status != Busy) return;
        remaining -= instructions;
        if (remaining <= 0) status = CarryOut() ? (byte)Idle : (byte)Failed;
    }

    // A state that was loaded may hold any numbers, so they are looked at here and not when they are written.
    private bool CarryOut()
    {
        if (sector >= SectorCount || address > (ulong)(memory.Length - SectorBytes)) return false;
        var data = sectors.AsSpan((int)sector * SectorBytes, SectorBytes);
        switch (request)
        {
            case ReadRequest:
                memory.Write((long)address, data);
                return true;
            case WriteRequest:
                memory.Read((long)address, data);
                return true;
            default:
                return false;
        }
    }
}
