using System.Globalization;
using System.Text;
using Savevm.VMState.Attributes;

namespace Savevm.Samples.Machine.Devices;

/// <summary>
/// Prints whole lines. The beginning of a line that is not whole is state: the line comes out once, on the side where its end is written.
/// </summary>
[VMState("sample-serial", Version = 1)]
internal sealed partial class SerialPort(TextWriter output) : IPortDevice
{
    private const int LineBytes = 128;

    [VMStateField(Name = "length")]
    private uint length;

    [VMStateBuffer(CountField = nameof(length), Name = "line")]
    private readonly byte[] line = new byte[LineBytes];

    public ulong Read(int register) => 0;

    public void Write(int register, ulong value)
    {
        if (register == Ports.SerialByte) Put((byte)value);
        // In decimal, because this processor cannot divide.
        if (register == Ports.SerialNumber)
            foreach (var digit in value.ToString(CultureInfo.InvariantCulture)) Put((byte)digit);
    }

    public void Advance(int instructions)
    {
    }

    private void Put(byte character)
    {
        if (character != '\n') line[length++] = character;
        if (character != '\n' && length < LineBytes) return;
        output.WriteLine(Encoding.Latin1.GetString(line, 0, (int)length));
        output.Flush();
        length = 0;
    }

    // A state may end right behind the last place, which this port never does.
    [VMStateValidate("room in the line")]
    private bool HasRoom() => length < LineBytes;
}
