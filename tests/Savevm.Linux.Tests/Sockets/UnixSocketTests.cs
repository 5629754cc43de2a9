using Savevm.Linux.Descriptors;
using Savevm.Linux.Processes;
using Savevm.Linux.Sockets;

namespace Savevm.Linux.Tests.Sockets;

public sealed class UnixSocketTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Bytes_travel_between_listener_and_caller_and_both_know_each_other()
    {
        var path = folder.File("s");
        using var listener = UnixSocket.Listen(path);
        using var caller = UnixSocket.Connect(path, TestContext.Current.CancellationToken);
        using var server = UnixSocket.Accept(listener, path, TestContext.Current.CancellationToken);
        Descriptor.Write(caller, [1, 2, 3], "caller");
        var buffer = new byte[10];
        Assert.Equal(3, Descriptor.Read(server, buffer, "server"));
        Assert.Equal([1, 2, 3], buffer[..3]);
        var self = PeerCredentials.Read(caller, path);
        Assert.Equal(Environment.ProcessId, self.ProcessId);
        Assert.Equal(self, PeerCredentials.Read(server, path));
    }

    [Fact]
    public void Socket_file_is_its_owners_alone_unless_asked_otherwise()
    {
        using var mine = UnixSocket.Listen(folder.File("a"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.File("a")));
    }

    [Fact]
    public void Abandoned_socket_is_replaced_a_used_one_and_a_file_are_not()
    {
        var path = folder.File("s");
        UnixSocket.Listen(path).Dispose();
        Assert.True(File.Exists(path));
        using var listener = UnixSocket.Listen(path);
        Assert.Equal(Errno.EADDRINUSE, Assert.Throws<LinuxException>(() => UnixSocket.Listen(path)).ErrorNumber);
        File.WriteAllText(folder.File("file"), "precious");
        Assert.Throws<LinuxException>(() => UnixSocket.Listen(folder.File("file")));
        Assert.Equal("precious", File.ReadAllText(folder.File("file")));
    }

    [Fact]
    public void Longest_path_works_and_one_byte_more_is_named()
    {
        var path = folder.File("");
        path += new string('x', UnixSocket.MaximumPathBytes - path.Length);
        using (var listener = UnixSocket.Listen(path)) UnixSocket.Connect(path, TestContext.Current.CancellationToken).Dispose();
        var error = Assert.Throws<LinuxException>(() => UnixSocket.Connect(path + "x"));
        Assert.Equal(Errno.ENAMETOOLONG, error.ErrorNumber);
        Assert.Contains("108 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_listening_is_an_error_that_names_the_path()
    {
        var error = Assert.Throws<LinuxException>(() => UnixSocket.Connect(folder.File("none")));
        Assert.Equal(Errno.ENOENT, error.ErrorNumber);
        Assert.Contains(folder.File("none"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Accept_ends_with_its_token()
    {
        using var listener = UnixSocket.Listen(folder.File("s"));
        using var cancel = new CancellationTokenSource(50);
        Assert.Throws<OperationCanceledException>(() => UnixSocket.Accept(listener, "s", cancel.Token));
    }

    [Fact]
    public void Connect_to_a_full_queue_waits_until_there_is_room_or_the_token_ends()
    {
        var path = folder.File("s");
        using var listener = UnixSocket.Listen(path, backlog: 0);
        using var first = UnixSocket.Connect(path, TestContext.Current.CancellationToken);
        using var cancel = new CancellationTokenSource(50);
        Assert.Throws<OperationCanceledException>(() => UnixSocket.Connect(path, cancel.Token));
        var waiting = Task.Run(() => UnixSocket.Connect(path));
        Thread.Sleep(20);
        Assert.False(waiting.IsCompleted);
        UnixSocket.Accept(listener, path, TestContext.Current.CancellationToken).Dispose();
        waiting.Result.Dispose();
    }

    [Fact]
    public void Owner_search_finds_the_listener_and_the_client_that_keeps_it_busy()
    {
        var path = folder.File("monitor");
        using var listener = UnixSocket.Listen(path);
        using var caller = UnixSocket.Connect(path, TestContext.Current.CancellationToken);
        var server = UnixSocket.Accept(listener, path, TestContext.Current.CancellationToken);
        // A child takes the calling end over; the listener stays with us.
        using var holder = ChildProcess.Start(new ChildProcessStart { Program = "sleep", Arguments = ["100"], Descriptors = [new(caller, 9)] });
        caller.Dispose();
        try
        {
            var users = UnixSocketOwner.Find(path);
            Assert.Contains(users, user => user.ProcessId == Environment.ProcessId && user.Role == UnixSocketRole.Listener);
            Assert.Contains(users, user => user.ProcessId == Environment.ProcessId && user.Role == UnixSocketRole.Server);
            Assert.Contains(new UnixSocketUser(holder.Id, "sleep", UnixSocketRole.Client), users);
            Assert.Equal(UnixSocketRole.Listener, users[0].Role);
            server.Dispose();
            Assert.DoesNotContain(UnixSocketOwner.Find(path), user => user.Role == UnixSocketRole.Server);
        }
        finally
        {
            holder.Kill();
            holder.WaitForExit(TimeSpan.FromSeconds(20));
        }
        Assert.Empty(UnixSocketOwner.Find(folder.File("nobody")));
    }
}
