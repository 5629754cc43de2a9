using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace Savevm.VMState.Generator;

/// <summary>Everything that the generator refuses and the analyzer reports, with its number. Each has a page in <c>docs/rules</c>.</summary>
internal static class DiagnosticTable
{
    internal static readonly DiagnosticDescriptor NotPartial = Row(
        "SVM001", "A saved type is partial", "'{0}' has [VMState] and must be partial, as must every type that it stands in");

    internal static readonly DiagnosticDescriptor NoForm = Row(
        "SVM002", "A field needs a form in which it is saved", "'{0}' is of type '{1}', which {2}");

    internal static readonly DiagnosticDescriptor NoCount = Row(
        "SVM003", "An array needs its number of elements", "'{0}' needs either a fixed count or CountField");

    internal static readonly DiagnosticDescriptor NoMember = Row(
        "SVM004", "A member that an attribute names must be there", "'{0}' names '{1}', which is no {2} of '{3}'");

    internal static readonly DiagnosticDescriptor BadName = Row(
        "SVM005", "A name is 1 to 255 printable ASCII characters", "'{0}' is not a name of 1 to 255 printable ASCII characters");

    internal static readonly DiagnosticDescriptor BadVersions = Row(
        "SVM006", "The oldest version is not above the newest", "'{0}' has minimum version {1} above its version {2}");

    internal static readonly DiagnosticDescriptor NotWritable = Row(
        "SVM007", "A saved field can be written", "'{0}' is {1}, so that no state can be loaded into it");

    internal static readonly DiagnosticDescriptor BadSubsection = Row(
        "SVM008", "A subsection is named after what it is part of", "subsection '{0}' {1}");

    internal static readonly DiagnosticDescriptor SeveralFiles = Row(
        "SVM009", "Fields of a state stand in one part of the type", "the saved fields of '{0}' stand in several parts, so that they have no order");

    internal static readonly DiagnosticDescriptor BadHook = Row(
        "SVM010", "A hook is void or string? and takes nothing or the version", "'{0}' {1}");

    internal static readonly DiagnosticDescriptor IsGeneric = Row(
        "SVM011", "A saved type is not generic", "'{0}' is generic or stands in a generic type; its description could not be told from another's");

    internal static readonly DiagnosticDescriptor NeverSaved = Row(
        "SVM012", "A field is not newer than its description", "'{0}' is there since version {1}, but version {2} is saved");

    internal static readonly DiagnosticDescriptor SeveralKinds = Row(
        "SVM013", "A field is saved in one form", "'{0}' has several attributes that say how it is saved");

    internal static readonly DiagnosticDescriptor NoPlace = Row(
        "SVM014", "A saved property has a place in memory", "'{0}' is a property of code only: save a field, an auto-property, or one that returns by ref");

    internal static readonly DiagnosticDescriptor Added = Row(
        "SVM101",
        "A field is added with a version or in a subsection",
        "'{0}' was added to '{1}' and is in no state that was saved before: give it Since and raise the version, or put it into a subsection");

    internal static readonly DiagnosticDescriptor Removed = Row(
        "SVM102", "A field is not removed", "'{0}' of '{1}' is in states that were saved before: leave unused bytes in its place");

    internal static readonly DiagnosticDescriptor Moved = Row(
        "SVM103", "Fields keep their order", "'{0}' of '{1}' stands in another place than in states that were saved before");

    internal static readonly DiagnosticDescriptor Retyped = Row(
        "SVM104", "A field keeps its form", "'{0}' of '{1}' was saved as {2} and is {3} now");

    internal static readonly DiagnosticDescriptor ConditionChanged = Row(
        "SVM105", "A field stays where it was", "'{0}' of '{1}' was there {2}, and is {3} now");

    internal static readonly DiagnosticDescriptor Renamed = Row(
        "SVM106",
        "A field keeps its name in the description",
        "'{0}' of '{1}' was called '{2}': states can be loaded, but tools that read their description do not find it",
        DiagnosticSeverity.Warning);

    internal static readonly DiagnosticDescriptor VersionLowered = Row(
        "SVM107", "A version is not lowered", "'{0}' has version {1}, and states of version {2} were saved");

    internal static readonly DiagnosticDescriptor MinimumRaised = Row(
        "SVM108",
        "Old states are given up on purpose",
        "'{0}' was loaded from version {1} on and is from {2} on now; MinimumVersion is that of the saved one where it is not given",
        DiagnosticSeverity.Warning);

    internal static readonly DiagnosticDescriptor SubsectionGone = Row(
        "SVM109", "A subsection is not removed", "subsection '{0}' is in states that were saved before, and '{1}' no longer has it");

    internal static readonly DiagnosticDescriptor SubsectionRenamed = Row(
        "SVM110", "A subsection keeps its name", "subsection '{0}' is called '{1}' now, so that states with it are refused");

    internal static readonly DiagnosticDescriptor SubsectionAlways = Row(
        "SVM111",
        "A new subsection is saved only when it is needed",
        "subsection '{0}' is new and always saved: no older release loads such a state; name a method by Needed",
        DiagnosticSeverity.Warning);

    internal static readonly DiagnosticDescriptor NotInBaseline = Row(
        "SVM112", "A device is in the baseline", "'{0}' is in no baseline, so that nothing holds it to its states", DiagnosticSeverity.Warning);

    internal static readonly DiagnosticDescriptor DeviceGone = Row(
        "SVM113", "A device of the baseline is there", "'{0}', once the type {1}, is gone: states with its section are refused");

    internal static readonly DiagnosticDescriptor NameChanged = Row(
        "SVM114", "A device keeps its name", "'{0}' is called '{1}' now, so that no section of a state finds it");

    internal static readonly DiagnosticDescriptor BadBaseline = Row(
        "SVM115", "A baseline can be read", "the baseline cannot be read: {0}");

    internal static readonly DiagnosticDescriptor BaselineBehind = Row(
        "SVM116",
        "A baseline knows what is released",
        "'{0}' was changed and the baseline does not know it yet; it must before the change is released",
        DiagnosticSeverity.Info);

    internal static readonly DiagnosticDescriptor NestedGrew = Row(
        "SVM117",
        "A structure in a device does not grow",
        "'{0}' was added to '{1}', which stands in other devices and has no version there: Since does not help, a subsection does");

    /// <summary>Those of the analyzer.</summary>
    internal static ImmutableArray<DiagnosticDescriptor> OfBaselines { get; } =
    [
        Added, Removed, Moved, Retyped, ConditionChanged, Renamed, VersionLowered, MinimumRaised, SubsectionGone, SubsectionRenamed,
        SubsectionAlways, NotInBaseline, DeviceGone, NameChanged, BadBaseline, BaselineBehind, NestedGrew,
    ];

    /// <summary>Those of the generator.</summary>
    internal static ImmutableArray<DiagnosticDescriptor> OfGenerator { get; } =
    [
        NotPartial, NoForm, NoCount, NoMember, BadName, BadVersions, NotWritable, BadSubsection, SeveralFiles, BadHook, IsGeneric,
        NeverSaved, SeveralKinds, NoPlace,
    ];

    private static DiagnosticDescriptor Row(
        string id, string title, string message, DiagnosticSeverity severity = DiagnosticSeverity.Error) =>
        new(id, title, message, "VMState", severity, isEnabledByDefault: true, helpLinkUri: $"docs/rules/{id}.md");
}
