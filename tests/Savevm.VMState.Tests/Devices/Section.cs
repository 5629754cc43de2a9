namespace Savevm.VMState.Tests.Devices;

/// <summary>One device of a real stream: its body and the JSON object that describes it.</summary>
/// <param name="IdStr">Name.</param>
/// <param name="Instance">Number among devices of the name.</param>
/// <param name="Version">Version that the section tells.</param>
/// <param name="Body">Its bytes.</param>
/// <param name="Json">QEMU's description of it, from <c>vmsd_name</c> on.</param>
internal sealed record Section(string IdStr, uint Instance, uint Version, byte[] Body, string Json);
