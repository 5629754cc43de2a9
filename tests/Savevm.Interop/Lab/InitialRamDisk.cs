using System.Globalization;
using System.Text;

namespace Savevm.Interop.Lab;

/// <summary>
/// Writes what the Linux guest boots from: its one program, and the modules that it loads. An archive as <c>cpio -H newc</c> makes it, not
/// packed, since the guest's processor is an emulated one.
/// </summary>
internal sealed class InitialRamDisk
{
    private const uint File = 0x8000;
    private const uint Folder = 0x4000;
    private const uint CharacterDevice = 0x2000;

    private readonly FileStream _stream;
    private uint _inode;

    private InitialRamDisk(FileStream stream) => _stream = stream;

    /// <summary>The program's image, beside the test executable.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "linuxticker.bin");

    public static void Write(string path, IReadOnlyList<string> moduleFiles)
    {
        using FileStream stream = System.IO.File.Create(path);
        var disk = new InitialRamDisk(stream);
        disk.Add("init", File | 0x1ed, System.IO.File.ReadAllBytes(Program));
        disk.Add("dev", Folder | 0x1ed, []);

        // The kernel gives it to the program as its standard input and output.
        disk.Add("dev/console", CharacterDevice | 0x180, [], major: 5, minor: 1);
        disk.Add("modules", Folder | 0x1ed, []);
        foreach (string module in moduleFiles)
        {
            disk.Add("modules/" + Path.GetFileName(module), File | 0x1a4, System.IO.File.ReadAllBytes(module));
        }

        disk.Add("modules/order", File | 0x1a4, Encoding.UTF8.GetBytes(string.Concat(moduleFiles.Select(module => Path.GetFileName(module) + "\n"))));
        disk.Add("TRAILER!!!", 0, []);
    }

    private void Add(string name, uint mode, byte[] data, uint major = 0, uint minor = 0)
    {
        byte[] label = Encoding.UTF8.GetBytes(name + "\0");
        uint[] fields = [++_inode, mode, 0, 0, 1, 0, (uint)data.Length, 0, 0, major, minor, (uint)label.Length, 0];
        _stream.Write("070701"u8);
        _stream.Write(Encoding.UTF8.GetBytes(string.Concat(fields.Select(field => field.ToString("x8", CultureInfo.InvariantCulture)))));
        _stream.Write(label);
        Align();
        _stream.Write(data);
        Align();
    }

    private void Align() => _stream.Write(new byte[-_stream.Position & 3]);
}
