namespace Savevm.VMState.Generator.Baselines;

/// <summary>A baseline: the devices of a project as they were released, in a file that is committed with it.</summary>
internal sealed class BaselineFile
{
    internal const string Extension = ".vmstate";

    private const int MaxDepth = 64;

    private readonly string _path;
    private readonly string[] _lines;
    private int _line;

    private BaselineFile(string path, string text)
    {
        _path = path;
        _lines = text.Split('\n');
        for (int i = 0; i < _lines.Length; i++)
            _lines[i] = _lines[i].TrimEnd('\r');
    }

    internal string Path => _path;

    /// <summary>The devices, in the order of the file; those before the error where there is one.</summary>
    internal List<DeviceShape> Devices { get; } = [];

    /// <summary>Why the file cannot be read, with the line; null where it can.</summary>
    internal string? Error { get; private set; }

    /// <summary>The line of the error, counted from zero.</summary>
    internal int ErrorLine { get; private set; }

    internal static BaselineFile Read(string path, string text)
    {
        var file = new BaselineFile(path, text);
        try
        {
            file.ReadAll();
        }
        catch (FormatException exception)
        {
            file.Error = exception.Message;
            file.ErrorLine = Math.Min(file._line, file._lines.Length - 1);
        }
        return file;
    }

    private void ReadAll()
    {
        if (!Find())
            throw new BaselineLine("", _lines.Length - 1).Error($"'{BaselineWriter.FirstLine}'");
        BaselineLine first = Begin(0);
        first.Expect(BaselineWriter.FirstLine);
        first.ExpectEnd();
        _line++;
        var names = new HashSet<string>();
        while (Find())
        {
            int start = _line;
            DeviceShape device = ReadDevice();
            if (!names.Add(device.Reference))
            {
                _line = start;
                throw Begin(0).Error($"another device than {device.Reference}, which is there already");
            }
            device.Path = _path;
            device.Lines = (start, _line);
            Devices.Add(device);
        }
    }

    private DeviceShape ReadDevice()
    {
        BaselineLine line = Begin(0);
        line.Expect("device ");
        string name = line.Quoted("the name of the device");
        line.Expect(" ");
        string type = line.Word("the name of its type");
        return new DeviceShape(type, ReadSection(line, name, 1));
    }

    // Leaves the line behind the section's last, so that what follows a device is no part of it.
    private SectionShape ReadSection(BaselineLine head, string name, int depth)
    {
        if (depth > MaxDepth)
            throw head.Error("fewer subsections in each other");
        head.Expect(" version ");
        uint version = head.Number();
        head.Expect(" minimum ");
        uint minimum = head.Number();
        if (minimum > version)
            throw head.Error("a minimum that is not above the version");
        string? needed = head.Take(" needed ") ? head.Word("the name of a method") : null;
        head.ExpectEnd();
        var section = new SectionShape(name, version, minimum, needed);
        int end = ++_line;
        while (Find() && BaselineLine.Depth(_lines[_line]) >= depth)
        {
            BaselineLine line = Begin(depth);
            if (line.Take("subsection "))
            {
                string subsection = line.Quoted("the name of the subsection");
                section.Subsections.Add(ReadSection(line, subsection, depth + 1));
            }
            else
            {
                if (section.Subsections.Count > 0)
                    throw line.Error("a subsection, as fields stand before them");
                section.Fields.Add(ReadField(line, version));
                _line++;
            }
            end = _line;
        }
        _line = end;
        return section;
    }

    private static FieldShape ReadField(BaselineLine line, uint version)
    {
        string name = line.Quoted("the name of a field");
        line.Expect(" ");
        FieldForm form = line.Form();
        uint since = line.Take(" since ") ? line.Number() : 0;
        if (since > version)
            throw line.Error("a version that is not above that of the section");
        string? when = line.Take(" when ") ? line.Word("the name of a method") : null;
        line.ExpectEnd();
        return new FieldShape(name, form, since, when);
    }

    private BaselineLine Begin(int depth)
    {
        var line = new BaselineLine(_lines[_line], _line);
        line.Indent(depth);
        return line;
    }

    /// <summary>Goes to the next line that is neither empty nor a remark.</summary>
    private bool Find()
    {
        while (_line < _lines.Length && (_lines[_line].Trim(' ').Length == 0 || _lines[_line].TrimStart(' ')[0] == '#'))
            _line++;
        return _line < _lines.Length;
    }
}
