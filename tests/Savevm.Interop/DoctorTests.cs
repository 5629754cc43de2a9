using System.Text.Json.Nodes;
using Savevm.Interop.Lab;

namespace Savevm.Interop;

/// <summary>What <c>savevm doctor</c> says of this host is what other tests meet on it, and of a QEMU what that says itself.</summary>
public sealed class DoctorTests
{
    public static TheoryData<string> Qemus => [.. QemuLab.All.Select(qemu => qemu.Name)];

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task SaysWhatThisHostAndAQemuCanDo(string name)
    {
        await using var workspace = new Workspace();
        QemuInstallation qemu = QemuLab.Named(name);
        workspace.CommandEnvironment = new Dictionary<string, string> { ["SAVEVM_QEMU"] = qemu.Path, ["XDG_CACHE_HOME"] = workspace.NewFolder("k") };
        SavevmResult result = (await SavevmCommand.RunAsync(workspace, "doctor", "--json")).Expect(0);
        List<JsonNode> findings = [.. result.Json["findings"]!.AsArray().Select(finding => finding!)];
        JsonNode Finding(string subject) => findings.First(finding => (string?)finding["subject"] == subject);
        Assert.Equal(QemuLab.UserfaultfdAllowed, (bool)Finding("lazy resume")["good"]!);
        Assert.Contains(qemu.Version.ToString(), (string?)Finding(qemu.Path)["found"], StringComparison.Ordinal);
        Assert.Equal(qemu.Version.Major < 9, findings.Any(finding => (string?)finding["subject"] == qemu.Path && ((string?)finding["found"])!.Contains("loses guest writes", StringComparison.Ordinal)));
        Assert.All(findings.Where(finding => !(bool)finding["good"]! && (string?)finding["subject"] != qemu.Path), finding => Assert.NotNull((string?)finding["remedy"]));
        Assert.Contains("lazy resume", (await SavevmCommand.RunAsync(workspace, "doctor")).Expect(0).Output, StringComparison.Ordinal);
    }
}
