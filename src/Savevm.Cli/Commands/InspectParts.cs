namespace Savevm.Cli.Commands;

/// <summary>What an inspection shall print.</summary>
/// <param name="Sections">Sections and commands.</param>
/// <param name="Ram">RAM blocks.</param>
/// <param name="Devices">Devices with their fields.</param>
public sealed record InspectParts(bool Sections, bool Ram, bool Devices);
