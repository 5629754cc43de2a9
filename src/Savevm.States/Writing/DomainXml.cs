using System.Globalization;
using System.Security;

namespace Savevm.States.Writing;

/// <summary>
/// A domain XML that says no more than what a saved machine itself tells. libvirt takes an image with it, but starts a QEMU that has the devices
/// of the XML: it loads where the machine had none but those that libvirt adds by itself.
/// </summary>
public static class DomainXml
{
    /// <summary>Makes the text.</summary>
    /// <param name="name">The domain's name.</param>
    /// <param name="uuid">Its UUID.</param>
    /// <param name="machineName">Machine class name.</param>
    /// <param name="memoryBytes">Bytes of RAM.</param>
    /// <param name="processors">Number of processors.</param>
    /// <param name="isAccelerated">Under KVM, not TCG.</param>
    /// <param name="emulator">Path of the QEMU, or null for libvirt's own choice.</param>
    public static string Minimal(
        string name, Guid uuid, string machineName, long memoryBytes, int processors, bool isAccelerated, string? emulator = null)
    {
        string emulatorElement = emulator is null ? "" : $"    <emulator>{SecurityElement.Escape(emulator)}</emulator>\n";
        bool isPc = machineName.StartsWith("pc-", StringComparison.Ordinal);
        string architecture = machineName.StartsWith("virt-", StringComparison.Ordinal) ? "aarch64" : "x86_64";

        // Without being told so, libvirt starts a PC that has no ACPI.
        string features = isPc ? "  <features>\n    <acpi/>\n    <apic/>\n  </features>\n" : "";
        return string.Create(CultureInfo.InvariantCulture, $"""
            <domain type='{(isAccelerated ? "kvm" : "qemu")}'>
              <name>{SecurityElement.Escape(name)}</name>
              <uuid>{uuid:d}</uuid>
              <memory unit='b'>{memoryBytes}</memory>
              <vcpu>{processors}</vcpu>
              <os>
                <type arch='{architecture}' machine='{SecurityElement.Escape(machineName)}'>hvm</type>
              </os>
            {features}  <devices>
            {emulatorElement}    <controller type='usb' model='none'/>
                <memballoon model='none'/>
              </devices>
            </domain>

            """);
    }
}
