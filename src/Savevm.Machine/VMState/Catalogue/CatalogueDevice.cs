namespace Savevm.Machine.VMState.Catalogue;

/// <summary>A device of a catalogue.</summary>
/// <param name="IdStr">The device's name where the description came from.</param>
/// <param name="InstanceId">Its instance there.</param>
/// <param name="Body">Its structure; null for a device of hand-written code.</param>
internal sealed record CatalogueDevice(string IdStr, uint InstanceId, CatalogueStruct? Body)
{
    /// <summary>The name without the path of the device: by it the same kind of device in another place is known.</summary>
    internal string Kind => KindOf(IdStr);

    /// <summary>The name without the path of the device.</summary>
    internal static string KindOf(string idStr) => idStr[(idStr.LastIndexOf('/') + 1)..];
}
