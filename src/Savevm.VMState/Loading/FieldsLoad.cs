namespace Savevm.VMState.Loading;

/// <summary>Straight-line code that loads all fields of a device, of any version that is supported, without its subsections. Generated.</summary>
/// <param name="device">The device.</param>
/// <param name="loader">Where the bytes are.</param>
/// <param name="version">Version that was saved.</param>
public delegate void FieldsLoad<TDevice>(ref TDevice device, scoped ref VMStateLoader loader, uint version);
