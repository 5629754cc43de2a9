namespace Savevm.States.Loading;

/// <summary>A stream has XBZRLE pages, and what they are differences to was not kept: load it again with a <see cref="DifferenceBase"/>.</summary>
public sealed class DifferenceBaseMissingException() : Exception("the stream has XBZRLE pages");
