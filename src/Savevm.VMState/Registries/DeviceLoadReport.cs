namespace Savevm.VMState.Registries;

/// <summary>What became of the devices of a registry when a state was loaded.</summary>
/// <param name="Loaded">Devices that were loaded, in the order of the state.</param>
/// <param name="Missing">
/// Devices that the state says nothing about. They are what they were: QEMU takes such a state, too. Whether the machine can go on is for
/// its author to say.
/// </param>
public sealed record DeviceLoadReport(IReadOnlyList<DeviceRegistration> Loaded, IReadOnlyList<DeviceRegistration> Missing);
