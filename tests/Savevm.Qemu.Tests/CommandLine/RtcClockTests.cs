using Savevm.Qemu.CommandLine;

namespace Savevm.Qemu.Tests.CommandLine;

/// <summary>Which clock the RTC goes by: QEMU merges all that is said of it, the last word counts.</summary>
public sealed class RtcClockTests
{
    [Theory]
    [InlineData("host")]
    [InlineData("host", "-rtc", "base=localtime")]
    [InlineData("vm", "-rtc", "base=2006-06-17T16:01:21,clock=vm")]
    [InlineData("rt", "-rtc", "clock=vm", "--rtc", "base=utc", "-rtc", "clock=rt,driftfix=slew")]
    public void IsTheLastThatWasNamed(string expected, params string[] options) =>
        Assert.Equal(expected, QemuCommandLine.Parse(["qemu-system-x86_64", "-m", "64", .. options]).RtcClock);
}
