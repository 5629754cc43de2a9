namespace Savevm.Fuzz.Engine;

/// <summary>Gives one input to a reader and checks what it makes of it. Whatever it throws, other than the target's refusals, is a find.</summary>
internal delegate void FuzzEntry(ReadOnlySpan<byte> input);
