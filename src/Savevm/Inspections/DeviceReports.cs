using System.Text;
using Savevm.Machine.VMState;
using Savevm.Machine.VMState.Catalogue;
using Savevm.Machine.VMState.Decoding;
using Savevm.Machine.VMState.Display;
using Savevm.Machine.VMState.Tree;
using Savevm.Wire.Descriptions;

namespace Savevm.Inspections;

/// <summary>Takes device sections apart and says it in the words of a report.</summary>
internal static class DeviceReports
{
    /// <summary>Decodes one section by its description.</summary>
    /// <param name="section">The section.</param>
    /// <param name="offset">Offset of its body in the file; null in a snapshot.</param>
    /// <param name="described">Its description.</param>
    internal static InspectedDevice Of(DeviceSection section, long? offset, DescribedDevice described) =>
        Translate(section, offset, DeviceDecoder.Decode(described, section.Body));

    /// <summary>Decodes a section that the stream does not describe by what other QEMUs said of such a device.</summary>
    internal static InspectedDevice Of(DeviceSection section, long? offset, DescriptionCatalogue catalogue)
    {
        DecodedDevice decoded = catalogue.Decode(section);
        if (decoded.Defects.Count == 0)
            return Translate(section, offset, decoded) with { IsFromCatalogue = true };
        // That nothing fits is no defect of the state.
        return new InspectedDevice(section.IdStr, section.InstanceId, section.VersionId, offset, section.Body.Length) { Raw = section.Body };
    }

    /// <summary>The description of a section among those of a stream; null where it has none.</summary>
    internal static DescribedDevice? Find(VMDescription? description, int index, DeviceSection section)
    {
        if (description is null)
            return null;
        // In a whole stream they stand in the same order.
        if (index < description.Devices.Count && Fits(description.Devices[index], section))
            return description.Devices[index];
        foreach (DescribedDevice device in description.Devices)
        {
            if (Fits(device, section))
                return device;
        }
        return null;
    }

    private static bool Fits(DescribedDevice device, DeviceSection section) =>
        device.InstanceId == section.InstanceId && device.IdStrUtf8.SequenceEqual(Encoding.ASCII.GetBytes(section.IdStr));

    private static InspectedDevice Translate(DeviceSection section, long? offset, DecodedDevice decoded) =>
        new(section.IdStr, section.InstanceId, section.VersionId, offset, section.Body.Length)
        {
            Fields = [.. decoded.Root.Children.Select(Translate)],
            Lines = [.. DeviceDisplay.Lines(decoded).Select(line => (line.Path, line.Text))],
            DecodedBytes = decoded.Share.Decoded,
            Defects = [.. decoded.Defects.Select(defect => new InspectedDefect((offset ?? 0) + defect.BodyOffset, $"device '{section.IdStr}': {defect.Reason}"))],
        };

    private static InspectedField Translate(DecodedNode node) => new(node.Label, node.Type, node.BodyOffset, node.Bytes)
    {
        Version = node.Kind == NodeKind.Subsection ? node.Version : null,
        Value = new InspectedValue(node.Value),
        Fields = node.Children.Count == 0 ? [] : [.. node.Children.Select(Translate)],
    };
}
