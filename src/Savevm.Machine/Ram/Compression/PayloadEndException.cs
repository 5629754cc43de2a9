namespace Savevm.Machine.Ram.Compression;

/// <summary>A reader asked for more than the payload at hand has. Never leaves this folder.</summary>
internal sealed class PayloadEndException : Exception
{
}
