using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Savevm.VMState.Generator;
using Savevm.VMState.Generator.Baselines;

namespace Savevm.VMState.CodeFixes;

/// <summary>What can be done about a difference between a device and its baseline: the way that keeps old states first.</summary>
internal static class BaselineFixes
{
    internal static readonly string[] Fixable =
    [
        "SVM101", "SVM102", "SVM103", "SVM104", "SVM105", "SVM106", "SVM107", "SVM108", "SVM111", "SVM112", "SVM114", "SVM116",
    ];

    /// <summary>The ways, the best one first.</summary>
    internal static List<BaselineFix> Of(BaselineComparison comparison, DeviceShape device, Difference difference)
    {
        BaselineFix?[] fixes = difference.Rule.Id switch
        {
            "SVM101" => [AddSince(device, difference), GiveUp(comparison, device, difference)],
            "SVM102" => [LeaveUnused(device, difference), GiveUp(comparison, device, difference)],
            "SVM103" or "SVM104" or "SVM105" => [GiveUp(comparison, device, difference)],
            "SVM106" => [KeepName(device, difference), Record(device, "Record the new name in the baseline", difference)],
            "SVM107" => [KeepVersion(device, difference)],
            "SVM108" => [KeepMinimum(device, difference), Record(device, "Record in the baseline that older states are given up", difference)],
            "SVM111" => [Record(device, "Record in the baseline that older releases cannot load such states", difference)],
            "SVM112" => [Record(device, $"Add '{device.Name}' to the baseline", difference)],
            "SVM114" => [KeepDeviceName(device, difference)],
            "SVM116" => [Record(device, "Update the baseline", difference)],
            _ => [],
        };
        return [.. fixes.OfType<BaselineFix>()];
    }

    private static BaselineFix? AddSince(DeviceShape device, Difference difference)
    {
        if (difference.Now is not { Form.IsUnused: false, When: null, Symbol: { } member } || Place(difference) is not { } section
            || AttributeEdit.At(Kind(member)?.Place()) is not { } attribute)
            return null;
        string version = Number(NextVersion(difference));
        var fix = new BaselineFix(device.Type, $"Add '{difference.Now.Name}' since version {version}", "since");
        fix.Changes.Add(AttributeEdit.Set(attribute, ("Since", version)));
        fix.Changes.Add(AttributeEdit.Set(section, Versions(section, difference, version)));
        return fix;
    }

    // Without it, the minimum would go up with the version.
    private static (string, string)[] Versions(AttributeSyntax section, Difference difference, string version) =>
        AttributeEdit.Has(section, "MinimumVersion")
            ? [("Version", version)]
            : [("Version", version), ("MinimumVersion", Number(difference.OldSection!.MinimumVersion))];

    private static BaselineFix? LeaveUnused(DeviceShape device, Difference difference)
    {
        if (difference.Old is not { Form.Bytes: { } bytes } removed || Neighbour(difference, removed) is not { } neighbour)
            return null;
        string text = $"VMStateUnused({Number(bytes)}";
        if (neighbour.Behind)
            text += ", Behind = true";
        if (removed.Since > 0)
            text += $", Since = {Number(removed.Since)}";
        if (removed.When is not null)
            text += $", When = nameof({removed.When})";
        if (AttributeEdit.Insert(neighbour.Member, text + ")") is not { } change)
            return null;
        var fix = new BaselineFix(device.Type, $"Leave {Number(bytes)} unused bytes in the place of '{removed.Name}'", "unused");
        fix.Changes.Add(change);
        return fix;
    }

    // The next field of those that are still there, or the one before.
    private static (ISymbol Member, bool Behind)? Neighbour(Difference difference, FieldShape removed)
    {
        List<FieldShape> old = difference.OldSection!.Fields;
        int at = old.IndexOf(removed);
        foreach (int index in Enumerable.Range(at + 1, old.Count - at - 1).Concat(Enumerable.Range(0, at).Reverse()))
        {
            FieldShape? now = difference.NowSection!.Fields.Find(field => !field.Form.IsUnused && field.Name == old[index].Name);
            if (now?.Symbol is { } member)
                return (member, index < at);
        }
        return null;
    }

    private static BaselineFix? GiveUp(BaselineComparison comparison, DeviceShape device, Difference difference)
    {
        // A structure in another device has no version there that a loader could refuse.
        if (Place(difference) is not { } section || comparison.IsNested(device))
            return null;
        string version = Number(NextVersion(difference));
        var fix = new BaselineFix(device.Type, $"Give up states from before version {version} of '{difference.Section}'", "giveUp");
        fix.Changes.Add(AttributeEdit.Set(section, ("Version", version), ("MinimumVersion", version)));
        fix.Accepted.Add("SVM108");
        return fix;
    }

    private static BaselineFix? KeepName(DeviceShape device, Difference difference)
    {
        if (difference.Now?.Symbol is not { } member || AttributeEdit.At(Kind(member)?.Place()) is not { } attribute)
            return null;
        var fix = new BaselineFix(device.Type, $"Call it '{difference.Old!.Name}' in the description", "name");
        fix.Changes.Add(AttributeEdit.Set(attribute, ("Name", Literal(difference.Old.Name))));
        return fix;
    }

    private static BaselineFix? KeepVersion(DeviceShape device, Difference difference)
    {
        if (Place(difference) is not { } section)
            return null;
        string version = Number(difference.OldSection!.Version);
        var fix = new BaselineFix(device.Type, $"Go back to version {version}", "version");
        fix.Changes.Add(AttributeEdit.Set(section, Versions(section, difference, version)));
        return fix;
    }

    private static BaselineFix? KeepMinimum(DeviceShape device, Difference difference)
    {
        if (Place(difference) is not { } section)
            return null;
        string minimum = Number(difference.OldSection!.MinimumVersion);
        var fix = new BaselineFix(device.Type, $"Load states from version {minimum} on", "minimum");
        fix.Changes.Add(AttributeEdit.Set(section, ("MinimumVersion", minimum)));
        return fix;
    }

    private static BaselineFix? KeepDeviceName(DeviceShape device, Difference difference)
    {
        string name = difference.OldSection!.Name;
        if (Place(difference) is not { } section || AttributeEdit.SetFirst(section, Literal(name)) is not { } change)
            return null;
        var fix = new BaselineFix(device.Type, $"Call it '{name}' again", "device");
        fix.Changes.Add(change);
        return fix;
    }

    private static BaselineFix Record(DeviceShape device, string title, Difference difference)
    {
        var fix = new BaselineFix(device.Type, title, "record");
        fix.Accepted.Add(difference.Rule.Id);
        return fix;
    }

    private static uint NextVersion(Difference difference) => Math.Max(difference.OldSection!.Version + 1, difference.NowSection!.Version);

    private static AttributeSyntax? Place(Difference difference) => AttributeEdit.At(difference.Place);

    private static AttributeData? Kind(ISymbol member) => member.GetAttributes().FirstOrDefault(FieldReader.IsKind);

    private static string Literal(string text) => SymbolDisplay.FormatLiteral(text, quote: true);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
