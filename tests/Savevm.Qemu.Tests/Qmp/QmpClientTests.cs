using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Savevm.Qemu.Qmp;

namespace Savevm.Qemu.Tests.Qmp;

public sealed class QmpClientTests
{
    private static readonly QmpOptions Quick = new(GreetingTimeout: TimeSpan.FromMilliseconds(200));

    private static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;

    [Fact]
    public async Task Greets_negotiates_oob_and_knows_the_version()
    {
        await using var monitor = new FakeMonitor();
        await using var client = await QmpClient.ConnectAsync(monitor.Path, null, Limit);
        Assert.Equal("7.2.22", client.Greeting!.Version);
        Assert.Equal("Debian", client.Greeting.Package);
        var negotiation = await monitor.NextAsync();
        Assert.Equal("qmp_capabilities", (string?)negotiation["execute"]);
        Assert.Equal("oob", (string?)negotiation["arguments"]!["enable"]![0]);
        Assert.Equal(Environment.ProcessId, client.PeerProcessId);
    }

    [Fact]
    public async Task Enables_no_oob_that_was_not_offered()
    {
        await using var monitor = new FakeMonitor(FakeMonitor.Greeting.Replace("\"oob\"", "", StringComparison.Ordinal));
        await using var client = await QmpClient.ConnectAsync(monitor.Path, null, Limit);
        Assert.Null((await monitor.NextAsync())["arguments"]);
        Assert.False(client.HasOob);
    }

    [Fact]
    public async Task Returns_the_answer_of_its_own_command_whatever_the_order()
    {
        await using var monitor = new FakeMonitor();
        monitor.Handlers["slow"] = _ => null;
        monitor.Handlers["fast"] = _ => "\"quick\"";
        await using var client = await QmpClient.ConnectAsync(monitor.Path, null, Limit);
        await monitor.NextAsync();
        var slow = client.ExecuteAsync("slow", new JsonObject { ["a"] = "b" }, Limit);
        var asked = await monitor.NextAsync();
        Assert.Equal("b", (string?)asked["arguments"]!["a"]);
        Assert.Equal("quick", (string?)await client.ExecuteOobAsync("fast", null, Limit));
        Assert.NotNull(monitor.Commands[^1]["exec-oob"]);
        await monitor.SendLineAsync($$"""{"return": 7, "id": {{asked["id"]}}}""");
        Assert.Equal(7, (int)(await slow)!);
    }

    [Fact]
    public async Task A_refused_command_throws_and_the_monitor_goes_on()
    {
        await using var monitor = new FakeMonitor();
        monitor.Handlers["bad"] = _ => "!it is too late";
        await using var client = await QmpClient.ConnectAsync(monitor.Path, null, Limit);
        var refusal = await Assert.ThrowsAsync<QmpException>(() => client.ExecuteAsync("bad", null, Limit));
        Assert.Equal(("GenericError", "it is too late", "bad"), (refusal.ErrorClass, refusal.Description, refusal.Command));
        Assert.NotNull(await client.ExecuteAsync("good", null, Limit));
    }

    [Fact]
    public async Task A_batch_travels_in_one_write_and_throws_its_first_refusal()
    {
        await using var monitor = new FakeMonitor();
        monitor.Handlers["b"] = _ => "!no";
        await using var client = await QmpClient.ConnectAsync(monitor.Path, null, Limit);
        int before = monitor.WriteSizes.Count;
        var refusal = await Assert.ThrowsAsync<QmpException>(() => client.ExecuteBatchAsync([new("a"), new("b"), new("c")], Limit));
        Assert.Equal("b", refusal.Command);
        Assert.Equal(before + 1, monitor.WriteSizes.Count);
        Assert.Equal(["a", "b", "c"], monitor.Names[^3..]);
    }

    [Fact]
    public async Task Negotiation_travels_with_the_first_command_when_asked()
    {
        await using var monitor = new FakeMonitor();
        await using var client = await QmpClient.ConnectAsync(monitor.Path, new QmpOptions { NegotiateWithFirstCommand = true }, Limit);
        await client.ExecuteAsync("first", null, Limit);
        await client.ExecuteAsync("second", null, Limit);
        Assert.Equal(["qmp_capabilities", "first", "second"], monitor.Names);
        Assert.Equal(2, monitor.WriteSizes.Count);
    }

    [Fact]
    public async Task A_refused_negotiation_fails_everything()
    {
        await using var monitor = new FakeMonitor();
        monitor.Handlers["qmp_capabilities"] = _ => "!no such thing";
        monitor.Handlers["first"] = _ => null;
        await using var client = await QmpClient.ConnectAsync(monitor.Path, new QmpOptions { NegotiateWithFirstCommand = true }, Limit);
        var failure = await Assert.ThrowsAsync<QmpConnectionException>(() => client.ExecuteAsync("first", null, Limit));
        Assert.Contains("no such thing", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finds_an_event_that_came_before_it_was_waited_for_and_only_once()
    {
        await using var monitor = new FakeMonitor();
        await using var client = await QmpClient.ConnectAsync(monitor.Path, null, Limit);
        await monitor.EventAsync("STOP");
        await monitor.EventAsync("MIGRATION", """{"status": "active"}""");
        await client.ExecuteAsync("barrier", null, Limit);
        var item = await client.WaitForEventAsync(found => found.Text("status") == "active", Limit);
        Assert.Equal("MIGRATION", item.Name);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1700000000).AddMilliseconds(250), item.Timestamp);
        var again = client.WaitForEventAsync(found => found.Text("status") == "active", Limit);
        Assert.False(again.IsCompleted);
        await monitor.EventAsync("MIGRATION", """{"status": "active"}""");
        await again;
        Assert.Equal("STOP", (await client.WaitForEventAsync(found => found.Name == "STOP", Limit)).Name);
    }

    [Fact]
    public async Task The_stream_of_events_has_all_in_order()
    {
        await using var monitor = new FakeMonitor();
        await using var client = await QmpClient.ConnectAsync(monitor.Path, null, Limit);
        await monitor.EventAsync("A");
        await monitor.EventAsync("B");
        await monitor.EventAsync("C");
        var names = new List<string>();
        await foreach (var item in client.ReadEventsAsync(Limit))
        {
            names.Add(item.Name);
            if (names.Count == 3)
            {
                break;
            }
        }

        Assert.Equal(["A", "B", "C"], names);
    }

    [Fact]
    public async Task A_monitor_that_does_not_greet_is_busy()
    {
        await using var monitor = new FakeMonitor(greeting: null);
        var failure = await Assert.ThrowsAsync<MonitorBusyException>(() => QmpClient.ConnectAsync(monitor.Path, Quick, Limit));
        Assert.Equal(QmpFailure.Busy, failure.Failure);
        Assert.Contains(monitor.Path, failure.Message, StringComparison.Ordinal);
        Assert.Contains("-qmp unix:", failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_busy_monitor_held_by_libvirt_is_told_what_libvirt_can_do()
    {
        var failure = new MonitorBusyException("/run/web.monitor", ["virtqemud (pid 812)"], TimeSpan.FromSeconds(3));
        Assert.Contains("virtqemud (pid 812)", failure.Message, StringComparison.Ordinal);
        Assert.Contains("virsh qemu-monitor-command", failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_that_is_not_there_and_one_that_nobody_serves_are_told_apart()
    {
        using var folder = new TemporaryFolder();
        var absent = await Assert.ThrowsAsync<QmpConnectionException>(() => QmpClient.ConnectAsync(folder["none"], Quick, Limit));
        Assert.Equal(QmpFailure.Unreachable, absent.Failure);
        Assert.Contains("no such socket", absent.Message, StringComparison.Ordinal);
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(folder["dead"]));
            var dead = await Assert.ThrowsAsync<QmpConnectionException>(() => QmpClient.ConnectAsync(folder["dead"], Quick, Limit));
            Assert.Contains("nobody listens", dead.Message, StringComparison.Ordinal);
        }

        var tooLong = await Assert.ThrowsAsync<QmpConnectionException>(() => QmpClient.ConnectAsync(folder[new string('x', 120)], Quick, Limit));
        Assert.Contains("107", tooLong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_under_way_and_later_ones_fail_when_the_monitor_closes()
    {
        await using var monitor = new FakeMonitor();
        monitor.Handlers["hang"] = _ => null;
        await using var client = await QmpClient.ConnectAsync(monitor.Path, null, Limit);
        await monitor.NextAsync();
        var call = client.ExecuteAsync("hang", null, Limit);
        var wait = client.WaitForEventAsync(_ => true, Limit);
        await monitor.NextAsync();
        await monitor.CloseClientAsync();
        Assert.Equal(QmpFailure.Closed, (await Assert.ThrowsAsync<QmpConnectionException>(() => call)).Failure);
        await Assert.ThrowsAsync<QmpConnectionException>(() => wait);
        await client.Closed.WaitAsync(Limit);
        await Assert.ThrowsAsync<QmpConnectionException>(() => client.ExecuteAsync("more", null, Limit));
    }

    [Fact]
    public async Task A_monitor_that_stops_answering_is_an_error_with_the_command_and_the_time()
    {
        await using var monitor = new FakeMonitor();
        monitor.Handlers["hang"] = _ => null;
        var options = new QmpOptions { CommandTimeout = TimeSpan.FromMilliseconds(200) };
        await using var client = await QmpClient.ConnectAsync(monitor.Path, options, Limit);
        var failure = await Assert.ThrowsAsync<QmpConnectionException>(() => client.ExecuteAsync("hang", null, Limit));
        Assert.Equal(QmpFailure.Unanswered, failure.Failure);
        Assert.Contains("did not answer hang within 0.2 s", failure.Message, StringComparison.Ordinal);

        // A late answer belongs to nobody and does no harm.
        await monitor.SendLineAsync($$"""{"return": 1, "id": {{monitor.Commands[^1]["id"]}}}""");
        Assert.NotNull(await client.ExecuteAsync("next", null, Limit));
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request", "HTTP/1.1 400")]
    [InlineData("[1, 2]", "[1, 2]")]
    [InlineData("{\"hello\": 1}", "{\"hello\": 1}")]
    [InlineData("{\"return\": {}}", "{\"return\": {}}")]
    [InlineData("{\"event\": \"A\", \"event\": \"B\"}", "{\"event\": \"A\"")]
    // Nobody would notice before the answer is used.
    [InlineData("{\"return\": {\"a\": {\"b\": 1, \"b\": 2}}, \"id\": 1}", "{\"return\"")]
    [InlineData("{\"return\": [\"\\ud800\"], \"id\": 1}", "{\"return\"")]
    public async Task What_is_not_qmp_is_an_error_that_shows_it(string line, string shown)
    {
        await using var monitor = new FakeMonitor();
        monitor.Handlers["hang"] = _ => null;
        await using var client = await QmpClient.ConnectAsync(monitor.Path, null, Limit);
        var call = client.ExecuteAsync("hang", null, Limit);
        await monitor.SendLineAsync(line);
        var failure = await Assert.ThrowsAsync<QmpConnectionException>(() => call);
        Assert.Equal(QmpFailure.Garbage, failure.Failure);
        Assert.Contains(shown, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_human_monitor_is_recognised()
    {
        await using var monitor = new FakeMonitor("QEMU 7.2.22 monitor - type 'help' for more information");
        var failure = await Assert.ThrowsAsync<QmpConnectionException>(() => QmpClient.ConnectAsync(monitor.Path, null, Limit));
        Assert.Contains("human monitor", failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_longer_than_the_limit_is_refused_and_a_shorter_one_in_pieces_is_not()
    {
        await using var monitor = new FakeMonitor();
        var options = new QmpOptions { MaxMessageBytes = 100_000 };
        await using var client = await QmpClient.ConnectAsync(monitor.Path, options, Limit);
        monitor.Handlers["big"] = _ => $"\"{new string('x', 90_000)}\"";
        Assert.Equal(90_000, ((string)(await client.ExecuteAsync("big", null, Limit))!).Length);
        monitor.Handlers["huge"] = _ => $"\"{new string('x', 110_000)}\"";
        var failure = await Assert.ThrowsAsync<QmpConnectionException>(() => client.ExecuteAsync("huge", null, Limit));
        Assert.Equal(QmpFailure.Garbage, failure.Failure);
        Assert.Contains("100000", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_descriptor_travels_with_its_command()
    {
        using var folder = new TemporaryFolder();
        string path = folder["qmp"];
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        var opening = QmpClient.ConnectAsync(path, new QmpOptions { NegotiateWithFirstCommand = true }, Limit);
        using var server = await listener.AcceptAsync(Limit);
        await using var client = await opening;
        var (read, write) = Savevm.Linux.Sockets.UnixSocket.Pair();
        using var ours = read;
        Task sending;
        using (write)
        {
            sending = client.SendDescriptorAsync(write, "here", Limit);
            var buffer = new byte[4096];
            Assert.True(server.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead));
            int count = Savevm.Linux.Sockets.DescriptorPassing.Receive(server.SafeHandle, buffer, out var received, "test");
            string text = Encoding.UTF8.GetString(buffer, 0, count);
            Assert.Contains("\"getfd\"", text, StringComparison.Ordinal);
            Assert.Contains("\"fdname\":\"here\"", text, StringComparison.Ordinal);
            using var theirs = Assert.Single(received);
            Savevm.Linux.Descriptors.Descriptor.Write(theirs, "through"u8, "test");
        }

        var through = new byte[7];
        Assert.Equal(7, Savevm.Linux.Descriptors.Descriptor.Read(ours, through, "test"));
        Assert.Equal("through", Encoding.ASCII.GetString(through));
        await server.SendAsync("{\"return\": {}, \"id\": 1}\r\n{\"return\": {}, \"id\": 2}\r\n"u8.ToArray(), SocketFlags.None);
        await sending;
    }

    [Fact]
    public async Task A_cancelled_wait_leaves_the_monitor_usable()
    {
        await using var monitor = new FakeMonitor();
        monitor.Handlers["hang"] = _ => null;
        await using var client = await QmpClient.ConnectAsync(monitor.Path, null, Limit);
        using var cancel = new CancellationTokenSource(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ExecuteAsync("hang", null, cancel.Token));
        Assert.NotNull(await client.ExecuteAsync("next", null, Limit));
    }

    [Fact]
    public async Task What_was_on_its_way_to_another_process_is_skipped_by_the_one_that_takes_the_connection_over()
    {
        var (ours, theirs) = Savevm.Linux.Sockets.UnixSocket.Pair();
        using var qemu = new Socket(new SafeSocketHandle(theirs.DangerousGetHandle(), ownsHandle: true));
        theirs.SetHandleAsInvalid();
        await qemu.SendAsync("status\": \"active\"}}\r\n{\"return\": {}, \"id\": 1}\r\n"u8.ToArray());
        var handle = new SafeSocketHandle(ours.DangerousGetHandle(), ownsHandle: true);
        ours.SetHandleAsInvalid();
        await using var client = await QmpClient.FromSocketAsync(handle, "taken", new QmpOptions { IsTakenOver = true }, Limit);
        Assert.True(client.HasOob);
        var answer = client.ExecuteOobAsync("migrate-recover", null, Limit);
        var received = new byte[1000];
        var command = JsonNode.Parse(Encoding.UTF8.GetString(received, 0, await qemu.ReceiveAsync(received)))!;
        Assert.Equal("migrate-recover", (string?)command["exec-oob"]);
        await qemu.SendAsync(Encoding.UTF8.GetBytes($$"""{"return": 5, "id": {{command["id"]}}}""" + "\n"));
        Assert.Equal(5, (int)(await answer)!);

        // From here on it is in step, and garbage is garbage.
        var next = client.ExecuteAsync("query-status", null, Limit);
        await qemu.SendAsync("status\"}\n"u8.ToArray());
        Assert.Equal(QmpFailure.Garbage, (await Assert.ThrowsAsync<QmpConnectionException>(() => next)).Failure);
    }
}
