using System.Globalization;

namespace Savevm.VMState.Tests.Baselines;

/// <summary>A device, a subsection or a structure that is edited at random, mostly as nobody should.</summary>
internal sealed record EditedSection(string Name, uint Version, uint Minimum, EditedField[] Fields)
{
    private static readonly string[] Plain = ["byte", "sbyte", "bool", "ushort", "short", "uint", "int", "ulong", "long", "array byte", "array ushort"];

    /// <summary>Fields that have a value in a state of this version.</summary>
    internal IEnumerable<EditedField> Saved => Fields.Where(one => one.Kind is not "unused"
        && (one.When is null ? one.Since <= Version : one.When == "Always" || Version >= 2));

    internal static EditedSection Create(string name, Random random, bool hasPart)
    {
        uint version = (uint)random.Next(1, 4);
        uint minimum = (uint)random.Next(0, (int)version + 1);
        int count = random.Next(2, 6);
        var fields = new List<EditedField>();
        for (int i = 0; i < count; i++)
            fields.Add(Field(random, Hash(name) + i, version));
        if (hasPart)
            fields.Insert(random.Next(fields.Count + 1), new EditedField(Hash(name) + 90, "part", "Part"));
        return new EditedSection(name, version, minimum, [.. fields]);
    }

    /// <summary>The section as it was when an older version was saved.</summary>
    internal EditedSection At(uint version) =>
        this with
        {
            Version = version,
            Fields =
            [
                .. Fields.Where(field => field.When is not null || field.Since <= version)
                    .Select(field => field with { Since = Math.Min(field.Since, version) }),
            ],
        };

    internal EditedSection Edit(Random random)
    {
        var fields = Fields.ToList();
        int at = random.Next(fields.Count);
        EditedField field = fields[at];
        EditedSection edited = this;
        switch (random.Next(15))
        {
            case 0 or 1:
                edited = this with { Version = Version + 1 };
                fields.Insert(random.Next(fields.Count + 1), Field(random, Hash(Name) + 50 + random.Next(30), 0) with { Since = Version + 1 });
                break;
            case 2:
                fields.Insert(random.Next(fields.Count + 1), Field(random, Hash(Name) + 50 + random.Next(30), Version));
                break;
            case 3 when fields.Count > 1:
                fields.RemoveAt(at);
                break;
            case 4 when field.Kind is not "Part":
                fields[at] = field with { Kind = "unused", Count = field.Bytes };
                break;
            case 5:
                fields[at] = field with { Kind = "unused", Count = random.Next(1, 9) };
                break;
            case 6:
                (fields[0], fields[at]) = (fields[at], fields[0]);
                break;
            case 7 when field.Kind is not "Part":
                fields[at] = field with { Kind = Plain[random.Next(Plain.Length)] };
                break;
            case 8 when field.Kind is not "unused":
                fields[at] = field with { Name = field.Name + "x" };
                break;
            case 9:
                fields[at] = field with { Since = (uint)random.Next((int)Version + 1), When = random.Next(3) switch { 0 => "Always", 1 => "New", _ => null } };
                break;
            case 10:
                edited = this with { Version = Version + 1 };
                break;
            case 11 when Version > 1:
                edited = this with { Version = Version - 1, Minimum = Math.Min(Minimum, Version - 1) };
                break;
            case 12:
                edited = this with { Minimum = (uint)random.Next((int)Version + 1) };
                break;
            case 13 or 14 when fields.FindIndex(one => one.IsArray) is >= 0 and int array:
                fields[array] = fields[array] with { Count = random.Next(1, 4) };
                break;
        }
        EditedField[] distinct = [.. fields.DistinctBy(one => one.Id).Select(one => one with { Since = Math.Min(one.Since, edited.Version) })];
        return edited with { Fields = distinct };
    }

    private static EditedField Field(Random random, int id, uint version) => new(
        id,
        "f" + id.ToString(CultureInfo.InvariantCulture),
        Plain[random.Next(Plain.Length)],
        (uint)random.Next((int)version + 1),
        random.Next(6) switch { 0 => "Always", 1 => "New", _ => null },
        random.Next(1, 4));

    private static int Hash(string name) => 100 * (1 + (name.Length % 8));
}
