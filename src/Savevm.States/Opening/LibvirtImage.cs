using Savevm.Wire.Containers.Libvirt;

namespace Savevm.States.Opening;

/// <summary>What a libvirt save image says beside the stream.</summary>
/// <param name="Header">Its header.</param>
/// <param name="Xml">The domain XML.</param>
/// <param name="Cookie">The cookie; empty without one.</param>
public sealed record LibvirtImage(LibvirtHeader Header, string Xml, string Cookie);
