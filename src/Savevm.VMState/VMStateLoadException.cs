using System.Globalization;
using System.Text;

namespace Savevm.VMState;

/// <summary>
/// A state cannot be loaded. It says which section, device and field, at which byte, what was expected and what was found, and how much
/// of the device had been loaded by then.
/// </summary>
public sealed class VMStateLoadException : Exception
{
    internal VMStateLoadException(long offset, string expected, string found)
    {
        Offset = offset;
        Expected = expected;
        Found = found;
    }

    /// <summary>Offset of the byte or field, counted from the start of the section's body, or of the file it stands in.</summary>
    public long Offset { get; }

    /// <summary>What the description says, in a sentence fragment.</summary>
    public string Expected { get; }

    /// <summary>What the bytes say, in a sentence fragment.</summary>
    public string Found { get; }

    /// <summary>Name of the device's description, empty as long as it is not known.</summary>
    public string Section { get; private set; } = "";

    /// <summary>Name and instance of the device in its machine; empty where it was loaded alone.</summary>
    public string Device { get; private set; } = "";

    /// <summary>The field, from the device inward, such as <c>channels[2].mode</c> or <c>(i8254/x).y</c> in a subsection; may be empty.</summary>
    public string FieldPath { get; private set; } = "";

    /// <summary>
    /// Number of the device's own fields that had been loaded whole. Above zero the device is neither what it was nor what was saved.
    /// </summary>
    public int LoadedFields { get; private set; }

    /// <summary>Number of fields of the device's description.</summary>
    public int AllFields { get; private set; }

    /// <summary>The last field that was loaded; null when none was.</summary>
    public string? LastLoadedField { get; private set; }

    /// <summary>Some of the state had been written into the device, so that it must be reset or thrown away.</summary>
    public bool IsHalfLoaded { get; private set; }

    /// <inheritdoc/>
    public override string Message
    {
        get
        {
            var text = new StringBuilder();
            if (Device.Length > 0)
                text.Append(CultureInfo.InvariantCulture, $"device '{Device}': ");
            if (Section.Length > 0)
                text.Append(CultureInfo.InvariantCulture, $"section '{Section}': ");
            if (FieldPath.Length > 0)
                text.Append(CultureInfo.InvariantCulture, $"field '{FieldPath}': ");
            text.Append(CultureInfo.InvariantCulture, $"offset 0x{Offset:x}: expected {Expected}, found {Found}");
            if (IsHalfLoaded)
            {
                text.Append(CultureInfo.InvariantCulture, $"; the device is half loaded: {LoadedFields} of {AllFields} fields");
                if (LastLoadedField is not null)
                    text.Append(CultureInfo.InvariantCulture, $", the last '{LastLoadedField}'");
            }
            return text.ToString();
        }
    }

    // These are called from exception filters on the way out, innermost first: they note where it happened and let it pass.
    internal bool In(string name, int? index)
    {
        string place = index is null ? name : string.Create(CultureInfo.InvariantCulture, $"{name}[{index}]");
        FieldPath = FieldPath.Length == 0 ? place : $"{place}.{FieldPath}";
        return false;
    }

    internal bool InDevice(string section, int loaded, int all, string? last, bool wrote)
    {
        Section = section;
        LoadedFields = loaded;
        AllFields = all;
        LastLoadedField = last;
        IsHalfLoaded = wrote;
        return false;
    }

    internal bool Of(string device)
    {
        Device = device;
        return false;
    }
}
