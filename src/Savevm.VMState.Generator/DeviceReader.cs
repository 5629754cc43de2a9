using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Savevm.VMState.Generator;

/// <summary>Reads the attributes of one type and makes its source.</summary>
internal sealed class DeviceReader
{
    private const int MaxNameLength = 255;
    private readonly INamedTypeSymbol _device;
    private readonly List<Finding> _findings = [];
    private readonly Dictionary<string, SubsectionModel> _subsections = [];

    private DeviceReader(INamedTypeSymbol device) => _device = device;

    internal static GeneratedState Read(INamedTypeSymbol device, CancellationToken cancellation)
    {
        var reader = new DeviceReader(device);
        string fileName = device.ToDisplayString().Replace('<', '_').Replace('>', '_') + ".VMState.g.cs";
        SubsectionModel? model = reader.ReadDevice(cancellation);
        string? source = model is null || reader._findings.Count > 0 ? null : new SourceWriter(device, model).Write();
        return new GeneratedState(fileName, source, reader._findings);
    }

    /// <summary>What the attributes say, without the source that is made of it; null where the generator refuses them.</summary>
    internal static SubsectionModel? ReadModel(INamedTypeSymbol device, CancellationToken cancellation)
    {
        var reader = new DeviceReader(device);
        SubsectionModel? model = reader.ReadDevice(cancellation);
        return reader._findings.Count > 0 ? null : model;
    }

    private SubsectionModel? ReadDevice(CancellationToken cancellation)
    {
        for (INamedTypeSymbol? type = _device; type is not null; type = type.ContainingType)
        {
            if (type.IsGenericType)
                Report(DiagnosticTable.IsGeneric, _device.Locations.FirstOrDefault(), _device.Name);
            if (!type.DeclaringSyntaxReferences.All(part => IsPartial(part.GetSyntax(cancellation))))
                Report(DiagnosticTable.NotPartial, _device.Locations.FirstOrDefault(), _device.Name);
        }
        if (_findings.Count > 0)
            return null;
        AttributeData attribute = AttributeNames.Find(_device, "VMState")!;
        SubsectionModel model = Section(attribute);
        AddDeviceCalls(model, attribute);
        AddSubsections(model);
        AddFields(model);
        AddHooks(model);
        return model;
    }

    private static bool IsPartial(SyntaxNode node) =>
        node is TypeDeclarationSyntax type && type.Modifiers.Any(modifier => modifier.IsKind(SyntaxKind.PartialKeyword));

    private SubsectionModel Section(AttributeData attribute)
    {
        string name = attribute.Argument(0) as string ?? "";
        uint version = attribute.Number("Version");
        uint minimum = attribute.Value("MinimumVersion") as uint? ?? version;
        if (name.Length is 0 or > MaxNameLength || name.Any(c => c is < ' ' or > '~'))
            Report(DiagnosticTable.BadName, attribute.Place(), name);
        if (minimum > version)
            Report(DiagnosticTable.BadVersions, attribute.Place(), name, Text(minimum), Text(version));
        return new SubsectionModel(name, version, minimum, attribute.Place());
    }

    private static void AddDeviceCalls(SubsectionModel model, AttributeData attribute)
    {
        if (attribute.Value("Priority") is int priority && priority != 0)
            model.Calls.Add($".Priority((global::Savevm.VMState.VMStatePriority)({priority.ToString(CultureInfo.InvariantCulture)}))");
        if (attribute.Text("Unmigratable") is { } reason)
            model.Calls.Add($".Unmigratable({SymbolDisplay.FormatLiteral(reason, quote: true)})");
    }

    private void AddSubsections(SubsectionModel device)
    {
        var parents = new List<KeyValuePair<SubsectionModel, string?>>();
        foreach (AttributeData attribute in _device.GetAttributes())
        {
            if (AttributeNames.ShortName(attribute) != "VMStateSubsection")
                continue;
            SubsectionModel subsection = Section(attribute);
            if (_subsections.ContainsKey(subsection.Name))
                Report(DiagnosticTable.BadSubsection, subsection.Place, subsection.Name, "is there twice");
            _subsections[subsection.Name] = subsection;
            parents.Add(new(subsection, attribute.Text("Parent")));
            subsection.Needed = attribute.Text("Needed");
            if (subsection.Needed is { } needed)
                AddNeed(subsection, needed);
        }
        foreach (KeyValuePair<SubsectionModel, string?> pair in parents)
        {
            SubsectionModel? parent = pair.Value is null ? device : _subsections.TryGetValue(pair.Value, out SubsectionModel found) ? found : null;
            if (parent is null)
                Report(DiagnosticTable.BadSubsection, pair.Key.Place, pair.Key.Name, $"is part of '{pair.Value}', which there is not");
            else if (!pair.Key.Name.StartsWith(parent.Name + "/", StringComparison.Ordinal))
                Report(DiagnosticTable.BadSubsection, pair.Key.Place, pair.Key.Name, $"is not named '{parent.Name}/...', so that no loader would find it");
            else
                parent.Subsections.Add(pair.Key);
        }
    }

    private void AddNeed(SubsectionModel subsection, string needed)
    {
        bool isThere = _device.GetMembers(needed).OfType<IMethodSymbol>().Any(
            method => method.ReturnType.SpecialType == SpecialType.System_Boolean && method.Parameters.IsEmpty && !method.IsStatic);
        if (isThere)
            subsection.Calls.Add($".Needed(static (ref {TypeForms.Name(_device)} d) => d.{needed}())");
        else
            Report(DiagnosticTable.NoMember, subsection.Place, subsection.Name, needed, "method 'bool M()'", _device.Name);
    }

    private void AddFields(SubsectionModel device)
    {
        var reader = new FieldReader(_device, _findings);
        TypeDeclarationSyntax? part = null;
        foreach (ISymbol field in _device.GetMembers())
        {
            foreach (MemberModel member in reader.Read(field))
            {
                TypeDeclarationSyntax? own = field.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax().FirstAncestorOrSelf<TypeDeclarationSyntax>();
                if (part is not null && own != part)
                    Report(DiagnosticTable.SeveralFiles, field.Locations.FirstOrDefault(), _device.Name);
                part = own;
                if (Of(device, member.Subsection) is not { } section)
                {
                    Report(DiagnosticTable.BadSubsection, field.Locations.FirstOrDefault(), member.Subsection!, $"is named by '{field.Name}' and not declared");
                    continue;
                }
                if (member.Since > section.Version)
                    Report(DiagnosticTable.NeverSaved, field.Locations.FirstOrDefault(), field.Name, Text(member.Since), Text(section.Version));
                section.Members.Add(member);
            }
        }
    }

    private void AddHooks(SubsectionModel device)
    {
        foreach (IMethodSymbol method in _device.GetMembers().OfType<IMethodSymbol>())
        {
            foreach (AttributeData attribute in method.GetAttributes())
            {
                string? hook = AttributeNames.ShortName(attribute) switch
                {
                    "VMStatePreSave" => "PreSave",
                    "VMStatePostSave" => "PostSave",
                    "VMStatePreLoad" => "PreLoad",
                    "VMStatePostLoad" => "PostLoad",
                    _ => null,
                };
                if (hook is not null)
                    AddHook(device, method, attribute, hook);
            }
        }
    }

    private void AddHook(SubsectionModel device, IMethodSymbol method, AttributeData attribute, string hook)
    {
        Location? place = method.Locations.FirstOrDefault();
        bool takesVersion = method.Parameters.Length == 1 && method.Parameters[0].Type.SpecialType == SpecialType.System_UInt32;
        bool tells = method.ReturnType.SpecialType == SpecialType.System_String;
        if (method.IsStatic || method.IsGenericMethod || !(method.Parameters.IsEmpty || takesVersion) || !(method.ReturnsVoid || tells))
        {
            Report(DiagnosticTable.BadHook, place, method.Name, "must return nothing or string?, and take nothing or a uint");
            return;
        }
        if (Of(device, attribute.Text("Subsection")) is not { } section)
        {
            Report(DiagnosticTable.BadHook, place, method.Name, $"names subsection '{attribute.Text("Subsection")}', which is not declared");
            return;
        }
        string call = $"d.{method.Name}({(takesVersion ? "version" : "")})";
        string body = tells ? call : $"{{ {call}; return null; }}";
        section.Calls.Add($".{hook}(static (ref {TypeForms.Name(_device)} d, uint version) => {body})");
    }

    private SubsectionModel? Of(SubsectionModel device, string? subsection) =>
        subsection is null ? device : _subsections.TryGetValue(subsection, out SubsectionModel found) ? found : null;

    private void Report(DiagnosticDescriptor row, Location? place, params string[] arguments) => _findings.Add(new Finding(row, place, arguments));

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
