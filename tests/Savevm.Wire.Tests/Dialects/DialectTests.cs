using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;

namespace Savevm.Wire.Tests.Dialects;

public class DialectTests
{
    [Theory]
    [InlineData("pc-i440fx-7.2", 7, 2)]
    [InlineData("pc-q35-10.0", 10, 0)]
    [InlineData("pc-i440fx-2.3", 2, 3)]
    [InlineData("pc-q35-10.0+pve1", 10, 0)]
    public void A_machine_type_names_its_release(string machine, int major, int minor)
    {
        Assert.True(QemuRelease.TryParseMachine(machine, out QemuRelease release));
        Assert.Equal(new QemuRelease(major, minor), release);
    }

    [Theory]
    [InlineData("pc")]
    [InlineData("q35")]
    [InlineData("none")]
    [InlineData("pc-i440fx-")]
    [InlineData("pc-1.")]
    [InlineData("x-99999999999.1")]
    public void A_machine_type_without_release_is_not_guessed(string machine) => Assert.False(QemuRelease.TryParseMachine(machine, out _));

    [Fact]
    public void Releases_have_an_order()
    {
        QemuRelease[] ascending = [new(0, 12), new(2, 3), new(2, 10), new(7, 2), new(10, 0), new(10, 2)];
        Assert.Equal(ascending, ascending.Reverse().Order());
        Assert.True(ascending[1] < ascending[2] && ascending[4] >= ascending[3] && ascending[4] <= ascending[4] && ascending[5] > ascending[4]);
    }

    [Fact]
    public void Old_machine_types_speak_as_old_releases_did()
    {
        StreamDialect ancient = StreamDialect.OfMachine("pc-i440fx-2.3");
        Assert.False(ancient.HasFooters || ancient.HasConfiguration || ancient.HasSwitchoverStart);
        StreamDialect old = StreamDialect.OfMachine("pc-q35-8.0");
        Assert.True(old.HasFooters && old.HasConfiguration && !old.HasMultifdZeroPages && !old.HasSwitchoverStart);
        Assert.Equal(MultifdFlushMode.EachSection, old.MultifdFlush);
        Assert.Equal(MultifdFlushMode.EachRound, StreamDialect.OfMachine("pc-q35-8.1").MultifdFlush);
        Assert.False(StreamDialect.OfMachine("pc-q35-8.2").HasMultifdZeroPages);
        Assert.True(StreamDialect.OfMachine("pc-q35-9.0").HasMultifdZeroPages);
        Assert.Equal(StreamDialect.Default, StreamDialect.OfMachine("pc-q35-10.0"));
        Assert.Equal(StreamDialect.Default, StreamDialect.OfMachine("pc"));
    }

    [Fact]
    public void A_configuration_adds_what_it_announces()
    {
        StreamDialect dialect = StreamDialect.Default.With(ConfigurationRecord.Create("pc", ["mapped-ram", "x-ignore-shared"], 13));
        Assert.True(dialect.HasMappedRam && dialect.HasGuestAddresses);
        Assert.Equal(0x2000UL, dialect.TargetPageSize);
        Assert.Equal(StreamDialect.Default, StreamDialect.Default.With(ConfigurationRecord.Create("pc")));
    }

    [Fact]
    public void Capabilities_are_those_of_the_specification()
    {
        string[][] told = Specification.Table("15.1 Capabilities");
        Assert.Equal(told.Select(row => row[0]), CapabilityTable.Rows.Select(row => row.Name));
        foreach ((string[] cells, CapabilityRow row) in told.Zip(CapabilityTable.Rows))
        {
            string releases = row.Until is null ? $"{row.Since}" : $"{row.Since} - {row.Until}";
            Assert.Equal(row.Name == "multifd" ? "4.0 (x-multifd 2.11)" : releases, cells[1]);
            Assert.Equal(cells[2].Contains("chk", StringComparison.Ordinal) && row.Name != "postcopy-ram", row.IsAnnounced);
            string sides = cells[2].Split(',', ' ')[0];
            Assert.Equal(sides, row.Sides switch
            {
                CapabilitySides.Both => "both",
                CapabilitySides.Source => "SRC",
                CapabilitySides.Destination => "DST",
                _ => "either",
            });
        }
        Assert.NotNull(CapabilityTable.Find("postcopy-ram"));
        Assert.Null(CapabilityTable.Find("postcopy"));
    }

    [Fact]
    public void Properties_bound_to_machine_types_are_those_of_the_specification()
    {
        IEnumerable<string> told = Specification.Table("15.4 Properties").Select(row => $"{Words(row[0])} {row[1]} {row[2]}");
        Assert.Equal(told, CompatibilityTable.Rows.Select(row => $"{row.Property} {row.Since} <= {row.LastOld} ({row.OldValue})"));
        Assert.Throws<ArgumentException>(() => CompatibilityTable.IsOld("nothing", new QemuRelease(7, 2)));

        // The document adds whose property it is.
        static string Words(string cell) => cell.Split(' ').First(word => word is not ("virtio-mem" or "vfio"));
    }
}
