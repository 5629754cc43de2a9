namespace Savevm.Repository;

/// <summary>The snapshot is whole as far as can be told, but its format is newer than this program.</summary>
public sealed class UnsupportedFormatException(string message) : IOException(message);
