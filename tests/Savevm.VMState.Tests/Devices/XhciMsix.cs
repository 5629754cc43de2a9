using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Devices;

[VMState("msix")]
internal sealed partial class XhciMsix
{
    // Sixteen vectors of sixteen bytes, and a bit for each that is pending.
    [VMStateCustom("msix state", typeof(XhciMsixField), Name = "msix")]
    internal readonly byte[] Table = new byte[(16 * 16) + 2];
}
