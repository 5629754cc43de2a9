using System.Text;

namespace Savevm.Cli.Detached;

/// <summary>A writer that hands over whole lines. Thread-safe.</summary>
/// <param name="send">Takes a line without its end.</param>
internal sealed class LineWriter(Action<string> send) : TextWriter
{
    private readonly Lock _gate = new();
    private readonly StringBuilder _line = new();

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value)
    {
        lock (_gate)
        {
            if (value != '\n')
            {
                _line.Append(value);
                return;
            }

            send(_line.ToString());
            _line.Clear();
        }
    }

    public override void Write(char[] buffer, int index, int count)
    {
        lock (_gate)
        {
            foreach (char value in buffer.AsSpan(index, count))
            {
                Write(value);
            }
        }
    }

    public override void Write(string? value) => Write((value ?? "").ToCharArray());

    public override void WriteLine(string? value) => Write(value + '\n');
}
