using Savevm.VMState.Generator.Baselines;

namespace Savevm.VMState.Generator;

/// <summary>One field of a state: the call that adds it to a builder, and straight-line code if it is a plain one.</summary>
internal sealed class MemberModel(string call, string? subsection, uint since)
{
    /// <summary>The call that adds it.</summary>
    internal string Call { get; } = call;

    /// <summary>The subsection it belongs to.</summary>
    internal string? Subsection { get; } = subsection;

    /// <summary>First version that has it.</summary>
    internal uint Since { get; } = since;

    /// <summary>Bytes that it always has; 0 when that depends on the state.</summary>
    internal int PlainBytes { get; set; }

    /// <summary>Saves it at place {0} of a run.</summary>
    internal string SaveCode { get; set; } = "";

    /// <summary>Loads it from place {0} of a run.</summary>
    internal string LoadCode { get; set; } = "";

    /// <summary>The declaration of an accessor that the call uses; null for none.</summary>
    internal string? Accessor { get; set; }

    /// <summary>What must hold before either; null for nothing.</summary>
    internal string? Fits { get; set; }

    /// <summary>What it is on the wire, for the comparison with what was released.</summary>
    internal FieldShape? Shape { get; set; }
}
