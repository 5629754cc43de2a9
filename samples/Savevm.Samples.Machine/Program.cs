using Savevm.Samples.Machine.Control;
using Savevm.Transport;

namespace Savevm.Samples.Machine;

/// <summary>
/// <c>run</c> starts the machine, <c>receive ADDRESS</c> takes one from there and lets it run; both then obey lines of the standard input. What the
/// machine prints goes to the standard output, what is said about it to the standard error output.
/// </summary>
internal static class Program
{
    private const int DefaultMebibytes = 16;

    private static int Main(string[] arguments)
    {
        if (!TryParse(arguments, out var from, out var mebibytes))
        {
            Console.Error.WriteLine("usage: run [--memory MEBIBYTES] | receive ADDRESS [--memory MEBIBYTES]");
            Console.Error.WriteLine(Operator.Commands);
            return 2;
        }
        using var machine = new SampleMachine(mebibytes, Console.Out);
        try
        {
            if (from is null) machine.Start();
            else Receive(machine, from);
        }
        catch (Exception failure) when (Refusals.Explains(failure))
        {
            Console.Error.WriteLine($"receive: {failure.Message}");
            return 1;
        }
        using var operate = new Operator(machine, Console.In, Console.Error);
        return operate.Run();
    }

    private static void Receive(SampleMachine machine, ChannelAddress from)
    {
        using var listener = from.Listen();
        Console.Error.WriteLine($"listening at {listener.Address}");
        using var channel = listener.Accept(CancellationToken.None);
        machine.Receive(channel, CancellationToken.None);
        Console.Error.WriteLine("received");
    }

    private static bool TryParse(string[] arguments, out ChannelAddress? from, out int mebibytes)
    {
        (from, mebibytes) = (null, DefaultMebibytes);
        try
        {
            string[] rest;
            switch (arguments)
            {
                case ["run", .. var more]:
                    rest = more;
                    break;
                case ["receive", var address, .. var more]:
                    from = ChannelAddress.Parse(address);
                    rest = more;
                    break;
                default:
                    return false;
            }
            return rest is [] || (rest is ["--memory", var size] && int.TryParse(size, out mebibytes) && mebibytes is >= 2 and <= 1024);
        }
        catch (FormatException wrong)
        {
            Console.Error.WriteLine(wrong.Message);
            return false;
        }
    }
}
