using System.Text;
using Savevm.VMState.Attributes;

namespace Savevm.Interop.Hosting;

/// <summary>Whether the machine ran when it was stopped: the last section of every QEMU.</summary>
[VMState("globalstate", Version = 1)]
internal sealed partial class GlobalStateDevice
{
    [VMStateField(Name = "size")]
    internal uint Size;

    // The 32 bytes of the name and what releases after 8.2 put behind them.
    [VMStateBuffer(100, Name = "runstate")]
    internal readonly byte[] RunState = new byte[100];

    internal void Set(string state)
    {
        Array.Clear(RunState);
        Size = (uint)Encoding.ASCII.GetBytes(state, RunState) + 1;
    }

    internal string Text => Encoding.ASCII.GetString(RunState.AsSpan(0, RunState.AsSpan().IndexOf((byte)0)));
}
