using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;
using Savevm.Migration.Incoming;
using Savevm.Migration.Tests.Doubles;
using Savevm.Wire;
using Savevm.Wire.Forward;

namespace Savevm.Migration.Tests.Incoming;

public sealed class IncomingMigrationTests
{
    private const ulong Page = RamBlock.PageSize;

    private static SourceScript Good() => new SourceScript().Opening().ReturnPath().Blocks(("pc.ram", 4 * Page), ("pc.bios", 2 * Page))
        .Pages(SectionType.Part, ("pc.ram", 0, 1), (null, Page, 2), ("pc.bios", 0, 9), (null, Page, null))
        .Pages(SectionType.Part)
        .Device("early", 70, 1, 2, 3)
        .Pages(SectionType.Part, (null, 0, 8), ("pc.ram", Page, 3), (null, 2 * Page, 5), (null, 3 * Page, null))
        .Pages(SectionType.End, ("pc.ram", 2 * Page, null))
        .Device("timer", 0, 1, 2, 3).Device("cpu", 5);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    [InlineData(int.MaxValue)]
    public void Of_a_page_sent_many_times_the_last_one_counts_however_the_bytes_arrive(int pieceBytes)
    {
        var machine = TestMachine.Destination();
        var channel = new BytesChannel(Good().End("").Bytes, pieceBytes);
        using var migration = new IncomingMigration(machine.AsDestination(), channel);

        var result = migration.Run(TestContext.Current.CancellationToken);

        Assert.Equal([1, 3, 0, 0], Enumerable.Range(0, 4).Select(page => machine.Ram.Content(0)[page * (int)Page]));
        Assert.Equal([8, 0], Enumerable.Range(0, 2).Select(page => machine.Ram.Content(1)[page * (int)Page + 77]));
        Assert.Equal(["early", "timer", "cpu"], result.Devices.Sections.Select(section => section.IdStr));
        Assert.Equal([1, 2, 3], result.Devices.Sections[1].Body.ToArray());
        // PONG with the ping's value, then SHUT 0: bytes from our specification, 7.2.
        Assert.Equal("000200040000123400010004" + "00000000", Convert.ToHexStringLower(channel.Written));
        Assert.Equal(["start"], machine.Control.Calls);
    }

    [Fact]
    public void A_description_that_disagrees_is_a_remark_and_no_failure()
    {
        var machine = TestMachine.Destination();
        using var migration = new IncomingMigration(machine.AsDestination(), new BytesChannel(Good().End("{\"devices\": []}").Bytes));

        var result = migration.Run(TestContext.Current.CancellationToken);

        Assert.Contains("0 device sections, the stream has 3", Assert.Single(result.Remarks), StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_that_forges_the_end_of_the_stream_is_found_out_and_the_machine_never_runs()
    {
        var machine = TestMachine.Destination();
        var forged = new SourceScript().Hex("7e 00000005 00 06 00000002 7b7d").Bytes;
        var script = new SourceScript().Opening().Blocks(("pc.ram", Page)).Device("cpu", 5, [1, 2, .. forged, 3, 4]).Device("rest", 6, 7).End();
        using var migration = new IncomingMigration(machine.AsDestination(), new BytesChannel(script.Bytes));

        var failure = Assert.Throws<WireException>(() => migration.Run(TestContext.Current.CancellationToken));

        Assert.Contains("bytes follow the end", failure.Message, StringComparison.Ordinal);
        Assert.Empty(machine.Control.Calls);
    }

    [Fact]
    public void A_background_snapshot_has_no_end_of_ram_and_no_return_path()
    {
        var machine = TestMachine.Destination();
        var script = new SourceScript().Opening().Blocks(("pc.ram", Page)).Pages(SectionType.Part, ("pc.ram", 0, 4)).Device("cpu", 5, 0xff).End();
        var channel = new BytesChannel(script.Bytes);
        using var migration = new IncomingMigration(machine.AsDestination(), channel);

        migration.Run(TestContext.Current.CancellationToken);

        Assert.Equal(4, machine.Ram.Content(0)[0]);
        Assert.Empty(channel.Written);
    }

    /// <summary>What a source must not send, after a good opening, and a word of the answer.</summary>
    public static TheoryData<string, string> Defects => new()
    {
        { "blocks;02 00000002 0000000000001028", "before any block was named" },
        { "blocks;02 00000002 0000000000004008 06 70632e72616d", "0x4000" },
        { "blocks;02 00000002 fffffffffffff008 06 70632e72616d", "0xfffffffffffff000" },
        { "blocks;02 00000002 0000000000000008 03 2e2e2f", "unknown RAM block" },
        { "blocks;02 00000002 0000000000000000", "" },
        { "blocks;02 00000002 0000000000000001", "" },
        { "blocks;02 00000002 000000000000000a", "" },
        { "blocks;02 00000002 0000000000000800", "" },
        { "blocks;02 00000002 0000000000000048 06 70632e72616d", "" },
        { "blocks;02 00000002 0000000000000002 06 70632e72616d 41", "" },
        { "blocks;02 00000009 0000000000000010", "never started" },
        { "blocks;01 00000003 03 72616d 00000000 00000004 0000000000000010", "twice" },
        { "blocks;02 00000002 0000000000000010 7e 00000003", "" },
        { "blocks;02 00000002 0000000000000010 7f 00000002", "" },
        { "blocks;05", "" },
        { "blocks;08 000c 0000", "" },
        { "blocks;08 0002 0003 000000", "" },
        { "blocks;08 0002 0004 00000001", "return path" },
        { "blocks;08 0004 0000", "Listen" },
        { "blocks;08 0007 0004 ffffffff", "" },
        { "blocks;08 0005 0000", "Run" },
        { "01 00000002 03 72616d 00000000 00000003", "version" },
        { "01 00000002 05 626c6f636b 00000000 00000001", "block" },
        { "01 00000002 03 72616d 00000000 00000004 fffffffffffff004", "" },
        { "01 00000002 03 72616d 00000000 00000004 0000000000001004 06 70632e72616d 0000000000002000", "" },
        { "01 00000002 03 72616d 00000000 00000004 0000000000001004 06 70632e72616d 0000000000000800", "" },
        { "01 00000002 03 72616d 00000000 00000004 0000000000002004 01 61 0000000000001000 01 61 0000000000001000", "twice" },
        { "01 00000002 03 72616d 00000000 00000004 0000000000001004 02 6100 0000000000001000", "" },
        { "01 00000002 03 72616d 00000000 00000004 0000000000001004 00 0000000000001000", "" },
        { "04 00000002 00", "" },
    };

    [Theory]
    [MemberData(nameof(Defects))]
    public void A_defect_is_refused_with_its_offset_and_the_source_is_told(string defect, string word)
    {
        var machine = TestMachine.Destination();
        var script = new SourceScript().Opening();
        if (defect.StartsWith("blocks;", StringComparison.Ordinal)) script.Blocks(("pc.ram", 4 * Page));
        var good = script.Bytes.Length;
        var channel = new BytesChannel(script.Hex(defect.Replace("blocks;", "", StringComparison.Ordinal)).Hex(new string('0', 128)).Bytes);
        using var migration = new IncomingMigration(machine.AsDestination(), channel);

        var failure = Assert.Throws<WireException>(() => migration.Run(TestContext.Current.CancellationToken));

        Assert.InRange(failure.Offset, good, good + 64);
        Assert.Contains($"0x{failure.Offset:x}", failure.Message, StringComparison.Ordinal);
        Assert.Contains(word, failure.Message, StringComparison.Ordinal);
        Assert.Empty(machine.Control.Calls);
        Assert.True(channel.IsAborted);
        Assert.Equal(MigrationState.Failed, migration.State);
    }

    /// <summary>Page and zero page of a target with pages of 1 KiB.</summary>
    public static TheoryData<string> SmallPages => new("0000000000000428", "0000000000000c08 06 70632e72616d", "0000000000000802 06 70632e72616d 00");

    [Theory]
    [MemberData(nameof(SmallPages))]
    public void A_guest_with_smaller_pages_is_refused_and_not_called_damaged(string record)
    {
        var machine = TestMachine.Destination();
        var script = new SourceScript().Opening().Blocks(("pc.ram", 4 * Page)).Hex("02 00000002").Hex(record).Hex(new string('0', 4096));
        using var migration = new IncomingMigration(machine.AsDestination(), new BytesChannel(script.Bytes));

        var failure = Assert.Throws<MachineRefusedException>(() => migration.Run(TestContext.Current.CancellationToken));

        Assert.Contains("smaller than 4096 bytes", failure.Message, StringComparison.Ordinal);
        Assert.Empty(machine.Control.Calls);
    }

    [Theory]
    [InlineData(12, null)]
    [InlineData(13, "8192 bytes")]
    [InlineData(16, "65536 bytes")]
    public void A_guest_that_says_the_size_of_its_pages_is_taken_with_ours_alone(byte bits, string? refusal)
    {
        var machine = TestMachine.Destination();
        byte[] subsection = [5, 30, .. "configuration/target-page-bits"u8, 0, 0, 0, 1, 0, 0, 0, bits];
        var script = new SourceScript().Opening(subsection).Blocks(("mach-virt.ram", Page)).Pages(SectionType.End, ("mach-virt.ram", 0, 4)).End();
        using var migration = new IncomingMigration(machine.AsDestination(), new BytesChannel(script.Bytes));

        var failure = Record.Exception(() => migration.Run(TestContext.Current.CancellationToken));

        if (refusal is null)
        {
            Assert.Null(failure);
            Assert.Equal(subsection, Assert.IsType<DeviceState>(machine.Devices.State).ConfigurationSubsections.ToArray());
            return;
        }
        Assert.Contains(refusal, Assert.IsType<MachineRefusedException>(failure).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_prefix_of_a_good_stream_is_a_lost_peer_and_never_a_started_machine()
    {
        var bytes = Good().Bytes;
        for (var length = 0; length < bytes.Length; length += length < 300 || length > bytes.Length - 120 ? 1 : 397)
        {
            var machine = TestMachine.Destination();
            using var migration = new IncomingMigration(machine.AsDestination(), new BytesChannel(bytes[..length]));
            var failure = Record.Exception(() => migration.Run(TestContext.Current.CancellationToken));
            // Cut inside a device's body the scanner has looked at everything: no footer is a defect, too.
            Assert.True(failure is PeerLostException or WireException, $"prefix of {length}: {failure}");
            Assert.Empty(machine.Control.Calls);
        }
    }

    [Fact]
    public void Any_flipped_bit_of_the_control_part_is_refused_or_taken_but_never_breaks_us()
    {
        var bytes = Good().End().Bytes;
        for (var bit = 0; bit < 300 * 8; bit++)
        {
            var flipped = (byte[])bytes.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            using var migration = new IncomingMigration(TestMachine.Destination().AsDestination(), new BytesChannel(flipped));
            var failure = Record.Exception(() => migration.Run(TestContext.Current.CancellationToken));
            Assert.True(failure is null or WireException or PeerLostException or MachineRefusedException, $"bit {bit}: {failure}");
        }
    }
}
