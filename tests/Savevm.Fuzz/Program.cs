using Savevm.Fuzz.Engine;
using Savevm.Fuzz.Targets;

namespace Savevm.Fuzz;

/// <summary>The runner: <c>./test fuzz</c>.</summary>
internal static class Program
{
    private const int Broken = 1;
    private const int WrongUsage = 2;

    public static int Main(string[] arguments)
    {
        Coverage.Attach();
        if (arguments is ["-h" or "--help"])
        {
            Console.WriteLine(FuzzOptions.Usage);
            return 0;
        }
        if (FuzzOptions.Parse(arguments) is not { } options)
        {
            Console.Error.WriteLine(FuzzOptions.Usage);
            return WrongUsage;
        }
        if (options.IsList)
        {
            foreach (FuzzTarget target in TargetTable.Rows)
                Console.WriteLine($"{target.Name,-22} {target.Reader}");
            return 0;
        }
        if (options.Target is not { } name)
            return Runner.Run([.. TargetTable.Rows.Where(row => !row.IsCanary)], options);
        if (TargetTable.Find(name) is not { } one)
        {
            Console.Error.WriteLine($"test: fuzz: there is no target {name}; --list names them");
            return WrongUsage;
        }
        return options.Record is not null ? Worker.Run(one, options)
            : options.Replay is { } file ? Replay(one, file)
            : Runner.Run([one], options);
    }

    private static int Replay(FuzzTarget target, string file)
    {
        FuzzFind? find = target.Execute(File.ReadAllBytes(file));
        Console.WriteLine(find is null ? "no promise is broken" : $"{find.Signature}\n{find.Details}");
        return find is null ? 0 : Broken;
    }
}
