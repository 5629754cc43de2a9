namespace Savevm.Wire.Iterable;

/// <summary>The marks in the bodies of a device that is passed through: numbers that are hardly ever data.</summary>
public enum VfioMark : ulong
{
    /// <summary>The body ends here.</summary>
    EndOfState = 0xffffffff_ef100001,

    /// <summary>The PCI configuration follows, of unknown length, up to <see cref="EndOfState"/>.</summary>
    ConfigState = 0xffffffff_ef100002,

    /// <summary>Nothing follows but <see cref="EndOfState"/>.</summary>
    SetupState = 0xffffffff_ef100003,

    /// <summary>A be64 and that many bytes follow.</summary>
    DataState = 0xffffffff_ef100004,

    /// <summary>What the device wanted to send first is sent; since QEMU 8.1.</summary>
    InitDataSent = 0xffffffff_ef100005,

    /// <summary>The configuration can be loaded; since QEMU 10.1.</summary>
    ConfigLoadReady = 0xffffffff_ef100006,
}
