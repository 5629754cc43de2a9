using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("ide_drive", Version = 3, MinimumVersion = 0)]
internal sealed partial class IdeDrive
{
    [VMStateField(Name = "mult_sectors")]
    internal int MultSectors;

    [VMStateField(Name = "identify_set")]
    internal int IdentifySet;

    [VMStateBuffer(512, Name = "identify_data", When = nameof(HasIdentity))]
    internal readonly byte[] IdentifyData = new byte[512];

    [VMStateField(Name = "feature")]
    internal byte Feature;

    [VMStateField(Name = "error")]
    internal byte Error;

    [VMStateField(Name = "nsector")]
    internal uint Nsector;

    [VMStateField(Name = "sector")]
    internal byte Sector;

    [VMStateField(Name = "lcyl")]
    internal byte Lcyl;

    [VMStateField(Name = "hcyl")]
    internal byte Hcyl;

    [VMStateField(Name = "hob_feature")]
    internal byte HobFeature;

    [VMStateField(Name = "hob_sector")]
    internal byte HobSector;

    [VMStateField(Name = "hob_nsector")]
    internal byte HobNsector;

    [VMStateField(Name = "hob_lcyl")]
    internal byte HobLcyl;

    [VMStateField(Name = "hob_hcyl")]
    internal byte HobHcyl;

    [VMStateField(Name = "select")]
    internal byte Select;

    [VMStateField(Name = "status")]
    internal byte Status;

    [VMStateField(Name = "lba48")]
    internal byte Lba48;

    [VMStateField(Name = "sense_key")]
    internal byte SenseKey;

    [VMStateField(Name = "asc")]
    internal byte Asc;

    [VMStateField(Name = "cdrom_changed", Since = 3)]
    internal byte CdromChanged;

    private bool HasIdentity() => IdentifySet != 0;
}
