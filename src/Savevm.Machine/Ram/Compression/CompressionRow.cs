using Savevm.Wire.Multifd;

namespace Savevm.Machine.Ram.Compression;

/// <summary>One compression of multifd payloads.</summary>
/// <param name="Compression">Which.</param>
/// <param name="Name">Value of QEMU's parameter <c>multifd-compression</c>.</param>
/// <param name="CreateDecoder">Makes a decoder for one channel; null where we have none.</param>
/// <param name="CreateEncoder">Makes an encoder for one channel, with QEMU's default level; null where we have none.</param>
public sealed record CompressionRow(
    MultifdCompression Compression, string Name, Func<IPayloadDecoder>? CreateDecoder, Func<IPayloadEncoder>? CreateEncoder);
