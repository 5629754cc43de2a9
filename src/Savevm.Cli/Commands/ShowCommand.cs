using System.Globalization;
using System.Text;
using System.Text.Json;
using Savevm.Cli.CommandLine;
using Savevm.Cli.Output;
using Savevm.Cli.Values;

namespace Savevm.Cli.Commands;

/// <summary><c>savevm show</c>: what a snapshot holds.</summary>
public static class ShowCommand
{
    private static readonly ArgumentDefinition Name = new("NAME", "the snapshot", ValueKind.Snapshot);

    /// <summary>The command's definition.</summary>
    public static CommandDefinition Definition { get; } = new(
        "show",
        "tell what a snapshot holds",
        "Tells where a snapshot comes from, which RAM blocks and device sections it holds, the command line it was taken from, "
        + "and which guests of yours run from it.",
        """
        $ savevm show web
        name:     web
        created:  2025-03-01 14:02:11 +00:00
        machine:  pc-i440fx-7.2, QEMU 7.2.22, tcg, running
        """,
        Run)
    {
        Arguments = [Name],
    };

    private static Task<ExitCode> Run(Invocation invocation)
    {
        SnapshotDetails details = invocation.Operations.Snapshots().Show(invocation.RepositoryPath, invocation.Command.Text(Name));
        invocation.Pane.Result(invocation.IsJson ? Json(details) : Text(details));
        return Task.FromResult(ExitCode.Done);
    }

    private static string Text(SnapshotDetails details)
    {
        SnapshotSummary summary = details.Summary;
        CultureInfo culture = CultureInfo.InvariantCulture;
        var text = new StringBuilder();
        text.Append(culture, $"name:     {summary.Name}\n");
        text.Append(culture, $"folder:   {details.Path}\n");
        text.Append(culture, $"created:  {summary.Created.ToLocalTime():yyyy-MM-dd HH:mm:ss zzz}\n");
        string?[] origin = [summary.Machine, summary.QemuVersion is { } version ? $"QEMU {version}" : null, summary.Accelerator, summary.RunState];
        text.Append(culture, $"machine:  {string.Join(", ", origin.Where(part => part is not null))}\n");
        text.Append(culture, $"mode:     {summary.Mode}\n");
        text.Append(culture, $"ram:      {ByteSize.Format(summary.GuestBytes)}, {ByteSize.Format(summary.DataBytes)} stored\n");
        if (details.WorkingSet is { } set)
        {
            text.Append(culture, $"needed:   {WorkingSetText(set)}\n");
        }

        if (summary.Tags.Count > 0)
        {
            text.Append(culture, $"tags:     {TagText.Format(summary.Tags)}\n");
        }

        foreach (SnapshotDisk disk in details.Disks)
        {
            AppendDisk(text, disk);
        }

        if (details.CommandLine.Count > 0)
        {
            text.Append(culture, $"command:  {string.Join(' ', details.CommandLine.Select(ShellText.Quote))}\n");
        }

        foreach (string correction in details.Corrections)
        {
            text.Append(culture, $"          {correction}\n");
        }

        string guests = GuestTable.Of(details.Guests);
        var blocks = new TextTable("RAM BLOCK", "SIZE", "STORED");
        foreach (SnapshotRamBlock block in details.RamBlocks)
        {
            blocks.Add(block.Name, ByteSize.Format(block.Bytes), ByteSize.Format(block.DataBytes));
        }

        var sections = new TextTable("SECTION", "INSTANCE", "VERSION", "SIZE");
        foreach (SnapshotSection section in details.Sections)
        {
            sections.Add(section.Name, section.InstanceId.ToString(culture), section.VersionId.ToString(culture), ByteSize.Format(section.Bytes));
        }

        return text.Append(culture, $"\n{guests}{blocks}\n\n{sections}").ToString();
    }

    private static void AppendDisk(StringBuilder text, SnapshotDisk disk)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        string access = disk.IsReadOnly ? ", read-only" : "";
        string chain = disk.Chain.Count == 0 ? "empty" : string.Join(" on ", disk.Chain.Select(image => image.Path));
        text.Append(culture, $"disk:     {disk.Device}, {ByteSize.Format(disk.Bytes)}{access}: {chain}\n");
        if (disk.Difference is { } difference)
        {
            text.Append(culture, $"          changed: {difference}\n");
        }

        foreach ((string path, string owner) in disk.StandingOn)
        {
            text.Append(culture, $"          below {path} ({owner})\n");
        }
    }

    private static void WriteDisks(Utf8JsonWriter writer, IReadOnlyList<SnapshotDisk> disks)
    {
        writer.WriteStartArray("disks");
        foreach (SnapshotDisk disk in disks)
        {
            writer.WriteStartObject();
            writer.WriteString("device", disk.Device);
            writer.WriteBoolean("read_only", disk.IsReadOnly);
            writer.WriteNumber("bytes", disk.Bytes);
            writer.WriteStartArray("chain");
            foreach ((string path, string format) in disk.Chain)
            {
                writer.WriteStartObject();
                writer.WriteString("path", path);
                writer.WriteString("format", format);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteString("difference", disk.Difference);
            writer.WriteString("overlay", disk.Overlay);
            writer.WriteStartArray("below");
            foreach ((string path, string owner) in disk.StandingOn)
            {
                writer.WriteStartObject();
                writer.WriteString("path", path);
                writer.WriteString("owner", owner);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string WorkingSetText(SnapshotWorkingSet set) => set.Defect is { } defect
        ? $"unknown, since the working set cannot be used: {defect}"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{set.Pages} pages, {ByteSize.Format(set.Bytes)}, the working set of {set.ResumeCount} resume{(set.ResumeCount == 1 ? "" : "s")}");

    private static string Json(SnapshotDetails details) =>
        JsonText.Line(writer =>
        {
            SnapshotJson.WriteSummary(writer, details.Summary);
            writer.WriteString("path", details.Path);
            writer.WriteString("emulator", details.Emulator);
            writer.WriteStrings("command_line", details.CommandLine);
            writer.WriteStrings("corrections", details.Corrections);
            GuestTable.WriteJson(writer, "guests", details.Guests);
            WriteDisks(writer, details.Disks);
            if (details.WorkingSet is { } set)
            {
                writer.WriteStartObject("working_set");
                writer.WriteNumber("pages", set.Pages);
                writer.WriteNumber("bytes", set.Bytes);
                writer.WriteNumber("resumes", set.ResumeCount);
                writer.WriteString("defect", set.Defect);
                writer.WriteEndObject();
            }
            else
            {
                writer.WriteNull("working_set");
            }

            writer.WriteStartArray("ram_blocks");
            foreach (SnapshotRamBlock block in details.RamBlocks)
            {
                writer.WriteStartObject();
                writer.WriteString("name", block.Name);
                writer.WriteNumber("bytes", block.Bytes);
                writer.WriteNumber("data_bytes", block.DataBytes);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteStartArray("sections");
            foreach (SnapshotSection section in details.Sections)
            {
                writer.WriteStartObject();
                writer.WriteString("name", section.Name);
                writer.WriteNumber("instance_id", section.InstanceId);
                writer.WriteNumber("version_id", section.VersionId);
                writer.WriteNumber("bytes", section.Bytes);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        });
}
