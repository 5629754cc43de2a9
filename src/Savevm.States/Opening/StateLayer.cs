using Savevm.Wire.Containers;

namespace Savevm.States.Opening;

/// <summary>One of the forms that lie around a stream, or the stream itself.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Name">Its usual name.</param>
/// <param name="Position">Offset of its first byte in what the layer around it unpacks to; of the outermost one in the file.</param>
public sealed record StateLayer(ContainerKind Kind, string Name, long Position);
