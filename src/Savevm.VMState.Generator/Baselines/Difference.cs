using Microsoft.CodeAnalysis;

namespace Savevm.VMState.Generator.Baselines;

/// <summary>One way in which a device is not what was released, under the rule that it breaks.</summary>
internal sealed class Difference(DiagnosticDescriptor rule, string section, params string[] arguments)
{
    internal DiagnosticDescriptor Rule { get; } = rule;

    /// <summary>Name of the device or subsection, as it is in the source now.</summary>
    internal string Section { get; } = section;

    internal string[] Arguments { get; } = arguments;

    /// <summary>The field as it was released.</summary>
    internal FieldShape? Old { get; set; }

    /// <summary>The field as it is now.</summary>
    internal FieldShape? Now { get; set; }

    /// <summary>The device or subsection as it was released.</summary>
    internal SectionShape? OldSection { get; set; }

    /// <summary>The device or subsection as it is now.</summary>
    internal SectionShape? NowSection { get; set; }

    internal Location? Place { get; set; }

    /// <summary>It is no more than news for the baseline: every state that was saved can still be loaded.</summary>
    internal bool IsAllowed => Rule.DefaultSeverity == DiagnosticSeverity.Info;

    internal Diagnostic ToDiagnostic() =>
        Diagnostic.Create(Rule, Now?.Symbol?.Locations.FirstOrDefault() ?? Place ?? Location.None, Arguments);
}
