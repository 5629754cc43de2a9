using Savevm.Samples.Machine.Control;
using Savevm.Transport;
using Savevm.Transport.Tls;

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
        if (!TryParse(arguments, out var from, out var mebibytes, out var certificates))
        {
            Console.Error.WriteLine("usage: run | receive ADDRESS [--memory MEBIBYTES] [--tls DIRECTORY]");
            Console.Error.WriteLine(Operator.Commands);
            return 2;
        }
        using var machine = new SampleMachine(mebibytes, Console.Out);
        try
        {
            if (from is null) machine.Start();
            else Receive(machine, from, certificates);
        }
        catch (Exception failure) when (Refusals.Explains(failure))
        {
            Console.Error.WriteLine($"receive: {failure.Message}");
            return 1;
        }
        using var operate = new Operator(machine, certificates, Console.In, Console.Error);
        return operate.Run();
    }

    private static void Receive(SampleMachine machine, ChannelAddress from, string? certificates)
    {
        using var credentials = certificates is null ? null : TlsCredentials.Load(certificates, TlsEndpoint.Server);
        using var listener = credentials is null
            ? from.Listen()
            : new TlsListener(from.Listen(), credentials, refused: error => Console.Error.WriteLine($"refused: {error.Message}"));
        Console.Error.WriteLine($"listening at {listener.Address}");
        using var channel = listener.Accept(CancellationToken.None);
        machine.Receive(channel, CancellationToken.None);
        Console.Error.WriteLine("received");
    }

    private static bool TryParse(string[] arguments, out ChannelAddress? from, out int mebibytes, out string? certificates)
    {
        (from, mebibytes, certificates) = (null, DefaultMebibytes, null);
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
            for (; rest is [var option, var value, ..]; rest = rest[2..])
            {
                if (option == "--tls") certificates = value;
                else if (option != "--memory" || !int.TryParse(value, out mebibytes) || mebibytes is < 2 or > 1024) return false;
            }
            return rest is [];
        }
        catch (FormatException wrong)
        {
            Console.Error.WriteLine(wrong.Message);
            return false;
        }
    }
}
