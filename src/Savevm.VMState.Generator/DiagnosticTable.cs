using Microsoft.CodeAnalysis;

namespace Savevm.VMState.Generator;

/// <summary>Everything that the generator refuses, with its number.</summary>
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

    private static DiagnosticDescriptor Row(string id, string title, string message) =>
        new(id, title, message, "VMState", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
