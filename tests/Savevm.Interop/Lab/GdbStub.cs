using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Savevm.Interop.Lab;

/// <summary>
/// The side of QEMU that serves a debugger, as far as it takes to give a stopped guest registers that no test guest uses. It never lets the
/// guest run, nor takes leave: QEMU would let the guest run then.
/// </summary>
internal sealed class GdbStub : IDisposable
{
    /// <summary>Where QEMU's numbers of the x87 and SSE registers begin.</summary>
    public const int FirstFloat = 33, FirstVector = 49;

    private readonly Socket _socket;

    private GdbStub(Socket socket) => _socket = socket;

    public static async Task<GdbStub> ConnectAsync(LabGuest guest)
    {
        string path = Path.Combine(guest.Folder, "gdb");
        await guest.HumanAsync($"gdbserver unix:{path},server=on,wait=off");
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        var stub = new GdbStub(socket);

        // Older QEMUs set no single register for somebody who has not asked which there are.
        await stub.AskAsync("qXfer:features:read:target.xml:0,ffb");
        return stub;
    }

    /// <summary>Chooses the processor whose registers are set from now on.</summary>
    public Task SelectAsync(int processor) => OrderAsync(string.Create(CultureInfo.InvariantCulture, $"Hg{processor + 1:x2}"));

    /// <summary>Sets a register.</summary>
    /// <param name="register">Its number.</param>
    /// <param name="value">Its bytes, the lowest first.</param>
    public Task SetAsync(int register, byte[] value) =>
        OrderAsync(string.Create(CultureInfo.InvariantCulture, $"P{register:x}={Convert.ToHexStringLower(value)}"));

    public void Dispose() => _socket.Dispose();

    private async Task OrderAsync(string order) => Assert.StartsWith("+$OK#", await AskAsync(order), StringComparison.Ordinal);

    private async Task<string> AskAsync(string order)
    {
        int sum = order.Sum(letter => letter) & 0xff;
        await _socket.SendAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"${order}#{sum:x2}")));
        var answer = new StringBuilder();
        var buffer = new byte[256];
        while (answer.ToString().IndexOf('#', StringComparison.Ordinal) is var end && (end < 0 || answer.Length < end + 3))
        {
            int count = await _socket.ReceiveAsync(buffer);
            Assert.True(count > 0, $"QEMU hung up on {order}");
            answer.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        await _socket.SendAsync("+"u8.ToArray());
        return answer.ToString();
    }
}
