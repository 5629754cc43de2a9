using Savevm.Wire.Descriptions;
using Savevm.Wire.Forward;
using Savevm.Wire.Iterable;
using Savevm.Wire.Ram;

namespace Savevm.States.Reading;

/// <summary>
/// Is told what a <see cref="StateWalker"/> finds, in stream order, on the walker's thread. All offsets count from the first byte of the
/// stream's file. Spans are valid during the call. Whoever is not interested in something leaves its method as it is.
/// </summary>
public interface IStateVisitor
{
    /// <summary>The configuration section was read.</summary>
    void Configuration(long offset, ConfigurationRecord configuration)
    {
    }

    /// <summary>The head of a section was read; its body follows.</summary>
    /// <param name="offset">Offset of its type byte.</param>
    /// <param name="header">The head; a PART or END carries no name.</param>
    /// <param name="idStr">The device, also of a PART or END.</param>
    void SectionBegins(long offset, in SectionHeader header, string idStr)
    {
    }

    /// <summary>A section has ended, and its footer was right.</summary>
    /// <param name="offset">Offset behind the footer.</param>
    /// <param name="header">The section.</param>
    void SectionEnds(long offset, in SectionHeader header)
    {
    }

    /// <summary>A RAM block of the list was read, before any page of it.</summary>
    /// <param name="offset">Offset of its name.</param>
    /// <param name="index">Its position in the list.</param>
    /// <param name="block">The block.</param>
    void RamBlock(long offset, int index, RamSetupBlock block)
    {
    }

    /// <summary>A page of RAM. Data plane: one call a page, nothing may be allocated.</summary>
    /// <param name="offset">Offset of its record; in a mapped-ram file of its bytes.</param>
    /// <param name="block">Index of its block in the list.</param>
    /// <param name="page">Its number in the block, which is below the block's end.</param>
    /// <param name="kind">The form of its payload.</param>
    /// <param name="payload">The page, its difference or its compressed form; empty for a page of zeros.</param>
    void Page(long offset, int block, long page, RamRecordKind kind, ReadOnlySpan<byte> payload)
    {
    }

    /// <summary>A piece of a dirty bitmap.</summary>
    void DirtyBitmap(long offset, MigratedBitmap bitmap)
    {
    }

    /// <summary>A command was read.</summary>
    void Command(long offset, CommandRecord command)
    {
    }

    /// <summary>All device sections, once, when nothing can change where they end any more.</summary>
    /// <param name="sections">The sections in stream order.</param>
    /// <param name="description">The description behind the stream; null where there is none or it cannot be read.</param>
    void Devices(IReadOnlyList<WalkedSection> sections, VMDescription? description)
    {
    }

    /// <summary>The stream has ended.</summary>
    /// <param name="offset">Offset behind its last byte.</param>
    /// <param name="description">The text of the description; empty where there is none.</param>
    void End(long offset, ReadOnlyMemory<byte> description)
    {
    }

    /// <summary>
    /// Something is not as it must be. Reading goes on where it can; a defect that ends it is told to the caller of
    /// <see cref="StateWalker.Run"/>, too.
    /// </summary>
    void Defect(StateDefect defect);
}
