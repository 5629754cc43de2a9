using Savevm.Machine.VMState.Decoding;
using Savevm.Machine.VMState.Tree;
using Savevm.Wire.Descriptions;

namespace Savevm.Machine.VMState.Catalogue;

/// <summary>
/// Descriptions of devices for streams that have none of their own: those of other streams, best of the same machine written by the
/// same QEMU. Immutable; any thread may use it.
/// </summary>
/// <remarks>
/// Lengths of arrays that a guest or a user chooses are those of where the description came from. A description fits only
/// when it uses up a section to its last byte; where none does, the section stays raw and the reason is told.
/// </remarks>
public sealed class DescriptionCatalogue
{
    private readonly CatalogueBuilder _content;
    private readonly Dictionary<string, List<CatalogueDevice>> _byKind = [];

    private DescriptionCatalogue(CatalogueBuilder content)
    {
        _content = content;
        foreach (CatalogueDevice device in content.Devices)
        {
            if (!_byKind.TryGetValue(device.Kind, out List<CatalogueDevice>? devices))
                _byKind.Add(device.Kind, devices = []);
            devices.Add(device);
        }
    }

    /// <summary>Number of different descriptions of devices.</summary>
    public int Count => _content.Devices.Count;

    /// <summary>A catalogue of what a stream says about itself.</summary>
    public static DescriptionCatalogue FromStream(VMDescription description) => FromStreams([description]);

    /// <summary>A catalogue of what several streams say. The first ones are tried first.</summary>
    public static DescriptionCatalogue FromStreams(IEnumerable<VMDescription> descriptions)
    {
        ArgumentNullException.ThrowIfNull(descriptions);
        var builder = new CatalogueBuilder();
        foreach (VMDescription description in descriptions)
            builder.Add(description);
        return new DescriptionCatalogue(builder);
    }

    /// <summary>
    /// Decodes a section whose description is not at hand. Where nothing in the catalogue fits it to its last byte, the body is one raw
    /// node and <see cref="DecodedDevice.Defects"/> has the reason.
    /// </summary>
    /// <param name="section">The section. The tree refers to its body.</param>
    public DecodedDevice Decode(DeviceSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        DecodedDefect? reason = null;
        foreach (CatalogueDevice device in Candidates(section.IdStr, section.InstanceId, section.VersionId))
        {
            var scope = new DecodingScope(section.Body);
            if (device.Body is null)
                return Raw(section, scope, null);
            var walker = new CatalogueWalker(scope, section.Body.Length, isEndKnown: true, _content);
            List<DecodedNode> children = walker.Children(device.Body);
            if (walker.Misfit is null && walker.Position == section.Body.Length)
                return Device(section, scope, children, device.Body.VmsdName, device.Body.Version);
            reason ??= walker.Misfit ?? new DecodedDefect(
                walker.Position, $"{section.Body.Length - walker.Position} bytes behind what the catalogue describes");
        }
        reason ??= new DecodedDefect(0, $"'{section.IdStr}' version {section.VersionId} is not in the catalogue");
        return Raw(section, new DecodingScope(section.Body), reason);
    }

    /// <summary>
    /// The lengths that a section can have which begins at the start of a window: one for each description that fits, each
    /// different length once. Behind the right one stands the section's footer; several such lengths are an ambiguity.
    /// </summary>
    /// <param name="idStr">The device's name.</param>
    /// <param name="instanceId">Number among devices of the same name.</param>
    /// <param name="versionId">Version in the section's header.</param>
    /// <param name="window">The bytes from the start of the body on. It may be longer than the section.</param>
    public IReadOnlyList<int> Lengths(string idStr, uint instanceId, uint versionId, ReadOnlyMemory<byte> window)
    {
        var lengths = new List<int>();
        foreach (CatalogueDevice device in Candidates(idStr, instanceId, versionId))
        {
            if (device.Body is null)
                continue;
            var walker = new CatalogueWalker(new DecodingScope(window), window.Length, isEndKnown: false, _content);
            walker.Children(device.Body);
            if (walker.Misfit is null && !lengths.Contains(walker.Position))
                lengths.Add(walker.Position);
        }
        return lengths;
    }

    /// <summary>Descriptions to try: of the very device first, then of those of its kind. Equal ones are tried once.</summary>
    private IEnumerable<CatalogueDevice> Candidates(string idStr, uint instanceId, uint versionId)
    {
        if (!_byKind.TryGetValue(CatalogueDevice.KindOf(idStr), out List<CatalogueDevice>? devices))
            return [];
        return devices
            .Where(device => device.Body is null || device.Body.Version == versionId)
            .OrderBy(device => device.IdStr != idStr ? 2 : device.InstanceId != instanceId ? 1 : 0)
            .DistinctBy(device => device.Body?.Signature);
    }

    private static DecodedDevice Raw(DeviceSection section, DecodingScope scope, DecodedDefect? reason)
    {
        if (reason is { } defect)
            scope.Add(defect.BodyOffset, defect.Reason);
        return Device(section, scope, [scope.Raw("data", "buffer", null, 0, section.Body.Length)], "", 0);
    }

    private static DecodedDevice Device(DeviceSection section, DecodingScope scope, IReadOnlyList<DecodedNode> children, string vmsdName, uint version)
    {
        int bytes = section.Body.Length;
        DecodedNode root = scope.Parent(NodeKind.Struct, section.IdStr, "struct", null, 0, bytes, children, vmsdName, version);
        return new DecodedDevice(
            section.IdStr, section.InstanceId, root, new DecodedShare(bytes - scope.UndecodedBytes, bytes), scope.Defects);
    }
}
