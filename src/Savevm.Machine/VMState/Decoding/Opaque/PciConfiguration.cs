using System.Buffers.Binary;

namespace Savevm.Machine.VMState.Decoding.Opaque;

/// <summary>
/// PCI configuration space, as the guest reads it: little-endian. 256 bytes, or 4096 of a PCI Express function. The names are those of
/// the PCI specification.
/// </summary>
internal static class PciConfiguration
{
    internal const int ConventionalBytes = 256;
    internal const int ExpressBytes = 4096;

    private const int HeaderBytes = 0x40;
    private const int HeaderTypeOffset = 0x0e;
    private const int HeaderTypeMask = 0x7f;
    private const int BridgeHeader = 1;
    private const int StatusOffset = 0x06;
    private const int HasCapabilities = 0x10;
    private const int FirstCapabilityOffset = 0x34;
    private const int MsixCapability = 0x11;
    private const int MsixVectorMask = 0x7ff;

    /// <summary>Reads a whole configuration space; the cursor holds nothing else.</summary>
    internal static void Read(OpaqueCursor cursor)
    {
        cursor.Require(cursor.Remaining is ConventionalBytes or ExpressBytes);
        Read(cursor, cursor.Remaining);
    }

    /// <summary>Reads a configuration space of this many bytes.</summary>
    internal static void Read(OpaqueCursor cursor, int bytes)
    {
        if (bytes is not ConventionalBytes and not ExpressBytes || cursor.Remaining < bytes)
        {
            cursor.Fail();
            return;
        }
        bool isBridge = (cursor.Rest[HeaderTypeOffset] & HeaderTypeMask) == BridgeHeader;
        cursor.LittleNumber("vendor_id", 2);
        cursor.LittleNumber("device_id", 2);
        cursor.LittleNumber("command", 2);
        cursor.LittleNumber("status", 2);
        cursor.LittleNumber("revision_id", 1);
        cursor.LittleNumber("prog_if", 1);
        cursor.LittleNumber("class", 2);
        cursor.LittleNumber("cache_line_size", 1);
        cursor.LittleNumber("latency_timer", 1);
        cursor.LittleNumber("header_type", 1);
        cursor.LittleNumber("bist", 1);
        if (isBridge)
            ReadBridge(cursor);
        else
            ReadDevice(cursor);
        cursor.Bytes("capabilities", ConventionalBytes - HeaderBytes);
        if (bytes == ExpressBytes)
            cursor.Bytes("extended_capabilities", ExpressBytes - ConventionalBytes);
    }

    /// <summary>Interrupt vectors of the MSI-X capability, or 0 when there is none. The list of capabilities may be any nonsense.</summary>
    internal static int MsixVectors(ReadOnlySpan<byte> config)
    {
        if ((config[StatusOffset] & HasCapabilities) == 0)
            return 0;
        int at = config[FirstCapabilityOffset] & ~3;
        // A list in 256 bytes cannot be longer; one that goes round in a circle would be.
        for (int i = 0; i < ConventionalBytes / sizeof(uint) && at >= HeaderBytes; i++)
        {
            if (config[at] == MsixCapability)
                return (BinaryPrimitives.ReadUInt16LittleEndian(config[(at + 2)..]) & MsixVectorMask) + 1;
            at = config[at + 1] & ~3;
        }
        return 0;
    }

    private static void ReadDevice(OpaqueCursor cursor)
    {
        cursor.LittleNumbers("bar", 4, 6);
        cursor.LittleNumber("cardbus_cis", 4);
        cursor.LittleNumber("subsystem_vendor_id", 2);
        cursor.LittleNumber("subsystem_id", 2);
        cursor.LittleNumber("rom_bar", 4);
        ReadEnd(cursor, reserved: 7);
        cursor.LittleNumber("min_gnt", 1);
        cursor.LittleNumber("max_lat", 1);
    }

    private static void ReadBridge(OpaqueCursor cursor)
    {
        cursor.LittleNumbers("bar", 4, 2);
        cursor.LittleNumber("primary_bus", 1);
        cursor.LittleNumber("secondary_bus", 1);
        cursor.LittleNumber("subordinate_bus", 1);
        cursor.LittleNumber("secondary_latency_timer", 1);
        cursor.LittleNumber("io_base", 1);
        cursor.LittleNumber("io_limit", 1);
        cursor.LittleNumber("secondary_status", 2);
        cursor.LittleNumber("memory_base", 2);
        cursor.LittleNumber("memory_limit", 2);
        cursor.LittleNumber("prefetch_base", 2);
        cursor.LittleNumber("prefetch_limit", 2);
        cursor.LittleNumber("prefetch_base_upper", 4);
        cursor.LittleNumber("prefetch_limit_upper", 4);
        cursor.LittleNumber("io_base_upper", 2);
        cursor.LittleNumber("io_limit_upper", 2);
        cursor.LittleNumber("capabilities_pointer", 1);
        cursor.Bytes("reserved", 3);
        cursor.LittleNumber("rom_bar", 4);
        cursor.LittleNumber("interrupt_line", 1);
        cursor.LittleNumber("interrupt_pin", 1);
        cursor.LittleNumber("bridge_control", 2);
    }

    private static void ReadEnd(OpaqueCursor cursor, int reserved)
    {
        cursor.LittleNumber("capabilities_pointer", 1);
        cursor.Bytes("reserved", reserved);
        cursor.LittleNumber("interrupt_line", 1);
        cursor.LittleNumber("interrupt_pin", 1);
    }
}
