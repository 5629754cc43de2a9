using Savevm.Qemu.CommandLine;
using Savevm.Qemu.CommandLine.Settings;

namespace Savevm.Resumes;

/// <summary>Looks at the user's settings before anything is started: what is wrong with them is wrong for every guest.</summary>
internal static class ResumeSettings
{
    // Where two guests with the same value would take something from each other, and not only fail.
    private static readonly (string Option, string? Property)[] OnlyOnce =
        [("chardev", "path"), ("netdev", "hostfwd"), ("netdev", "listen"), ("nic", "hostfwd"), ("pidfile", null), ("vnc", null), ("qmp", null), ("serial", null), ("monitor", null)];

    /// <summary>Takes them apart and finds their places.</summary>
    /// <exception cref="SavevmException">There is no command line to change, or one setting for many guests that need one each.</exception>
    public static IReadOnlyList<Setting> Check(ResumeRequest request, EmulatorChoice? emulator)
    {
        if (request.Settings.Count == 0) return [];
        if (emulator is null)
        {
            throw new SavevmException(
                ExitCode.WrongUsage, $"resume of {request.Name}", "--set changes the command line of a QEMU that savevm starts, and this one is started already", null);
        }
        List<Setting> settings = [.. request.Settings.Select(Setting.Parse)];
        var places = SettingPlaces.Find(QemuCommandLine.Parse(emulator.Arguments), settings);
        if (request.Clones > 1 && places.FirstOrDefault(place => !place.Setting.IsNumbered && IsHostsOwn(place)) is { } same)
        {
            throw new SavevmException(
                ExitCode.WrongUsage, $"resume of {request.Name}", $"--set {same.Setting.Key} gives all {request.Clones} guests the same, and the host has it only once",
                $"write {{n}} where the guest's number belongs: --set '{same.Setting.Key}={same.Setting.Value}{{n}}'");
        }
        return settings;
    }

    private static bool IsHostsOwn(SettingPlace place) =>
        OnlyOnce.Contains((place.Setting.Option, place.Property))
        && (place.Property is not null || place.Setting.Option == "pidfile" || place.Setting.Value.Contains(':', StringComparison.Ordinal));
}
