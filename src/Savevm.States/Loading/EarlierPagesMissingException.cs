namespace Savevm.States.Loading;

/// <summary>A stream has XBZRLE pages, and what they are differences to was not kept: load it again with a <see cref="EarlierPages"/>.</summary>
public sealed class EarlierPagesMissingException() : Exception("the stream has XBZRLE pages");
