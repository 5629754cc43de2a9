using Savevm.Linux.Files;

namespace Savevm.Linux.Tests.Files;

public sealed class LinuxDirectoryTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly LinuxDirectory directory;

    public LinuxDirectoryTests() => directory = LinuxDirectory.Open(folder.Path);

    public void Dispose()
    {
        directory.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Entries_are_listed_however_many_there_are()
    {
        var names = Enumerable.Range(0, 500).Select(index => $"{index:D4}-{new string('x', index % 200)}").ToArray();
        foreach (var name in names) File.WriteAllText(folder.File(name), "");
        Assert.Equal(names, directory.EntryNames().Order(StringComparer.Ordinal));
        Assert.Equal(names, directory.EntryNames().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Links_are_never_followed()
    {
        Directory.CreateDirectory(folder.File("real"));
        File.WriteAllText(folder.File("file"), "1");
        File.CreateSymbolicLink(folder.File("link"), "file");
        Directory.CreateSymbolicLink(folder.File("folder-link"), "real");
        Assert.Equal(FileErrno.ELOOP, Assert.Throws<LinuxException>(() => directory.OpenFile("link")).ErrorNumber);
        Assert.Equal(FileErrno.ENOTDIR, Assert.Throws<LinuxException>(() => directory.OpenDirectory("folder-link")).ErrorNumber);
        Assert.Equal(FileKind.SymbolicLink, directory.StatusOf("link")!.Value.Kind);
        Assert.Equal(FileKind.Directory, directory.StatusOf("real")!.Value.Kind);
        Assert.Null(directory.StatusOf("nothing"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\0b")]
    public void Names_that_lead_elsewhere_are_refused(string name)
    {
        Assert.Throws<ArgumentException>(() => directory.OpenFile(name));
        Assert.Throws<ArgumentException>(() => directory.OpenDirectory(name));
        Assert.Throws<ArgumentException>(() => directory.CreateFile(name));
        Assert.Throws<ArgumentException>(() => directory.RemoveTree(name));
        Assert.Throws<ArgumentException>(() => directory.TryRename("a", name));
    }

    [Fact]
    public void A_rename_never_replaces_unless_it_is_told_to()
    {
        File.WriteAllText(folder.File("one"), "1");
        File.WriteAllText(folder.File("two"), "2");
        Assert.False(directory.TryRename("one", "two"));
        Assert.Equal("2", File.ReadAllText(folder.File("two")));
        Assert.True(directory.TryRename("one", "three"));
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => directory.TryRename("one", "four")).ErrorNumber);
        directory.Replace("three", "two");
        Assert.Equal("1", File.ReadAllText(folder.File("two")));
    }

    [Fact]
    public void A_tree_is_removed_and_what_its_links_point_to_is_not()
    {
        using var elsewhere = new TemporaryFolder();
        File.WriteAllText(elsewhere.File("kept"), "");
        Directory.CreateDirectory(folder.File("tree/a/b/c"));
        File.WriteAllText(folder.File("tree/a/file"), "");
        Directory.CreateSymbolicLink(folder.File("tree/a/link"), elsewhere.Path);
        directory.RemoveTree("tree");
        directory.RemoveTree("tree");
        Assert.Empty(directory.EntryNames());
        Assert.True(File.Exists(elsewhere.File("kept")));
    }

    [Fact]
    public void A_lock_excludes_other_openers_until_it_is_closed()
    {
        Assert.True(directory.TryCreateDirectory("locked"));
        Assert.False(directory.TryCreateDirectory("locked"));
        using var second = directory.OpenDirectory("locked");
        using (var first = directory.OpenDirectory("locked"))
        {
            Assert.True(first.TryLock());
            Assert.False(second.TryLock());
        }
        Assert.True(second.TryLock());
    }

    [Fact]
    public void A_file_is_made_once_and_its_lock_excludes_other_openers()
    {
        using (var first = directory.OpenOrCreateFile("file"))
        using (var second = directory.OpenOrCreateFile("file"))
        {
            Assert.True(first.Status().IsSameFile(second.Status()));
            Assert.True(first.TryLock());
            Assert.False(second.TryLock());
            first.Write("kept"u8, 0);
        }
        // Before the lock: .NET takes one of its own to read.
        Assert.Equal("kept", File.ReadAllText(folder.File("file")));
        using var third = directory.OpenOrCreateFile("file");
        Assert.True(third.TryLock());
        directory.TryCreateDirectory("inner");
        Assert.Throws<LinuxException>(() => directory.OpenOrCreateFile("inner"));
        File.CreateSymbolicLink(folder.File("link"), folder.File("target"));
        Assert.Throws<LinuxException>(() => directory.OpenOrCreateFile("link"));
        Assert.False(File.Exists(folder.File("target")));
    }

    [Fact]
    public async Task A_tree_is_removed_while_others_add_to_it()
    {
        for (var round = 0; round < 20; round++)
        {
            directory.TryCreateDirectory("tree");
            using var inner = directory.OpenDirectory("tree");
            var adding = Task.Run(() =>
            {
                try
                {
                    for (var number = 0; number < 3; number++) inner.OpenOrCreateFile($"file{number}").Dispose();
                }
                catch (LinuxException gone)
                {
                    Assert.Equal(Errno.ENOENT, gone.ErrorNumber);
                }
            }, TestContext.Current.CancellationToken);
            directory.RemoveTree("tree");
            await adding;
            Assert.Null(directory.StatusOf("tree"));
        }
    }

    [Fact]
    public void What_is_made_belongs_to_its_owner_alone()
    {
        directory.TryCreateDirectory("inner");
        directory.CreateFile("file").Dispose();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder.File("inner")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.File("file")));
        Assert.Equal(Errno.EEXIST, Assert.Throws<LinuxException>(() => directory.CreateFile("file")).ErrorNumber);
    }

    [Fact]
    public void A_directory_that_is_renamed_stays_the_same()
    {
        directory.TryCreateDirectory("before");
        using var inner = directory.OpenDirectory("before");
        var status = inner.Status();
        directory.TryRename("before", "after");
        inner.CreateFile("file").Dispose();
        inner.Sync();
        Assert.True(File.Exists(folder.File("after/file")));
        Assert.True(directory.StatusOf("after")!.Value.IsSameFile(status));
        Assert.False(directory.Status().IsSameFile(status));
    }

    [Fact]
    public void Free_space_is_that_of_the_file_system()
    {
        var expected = new DriveInfo(folder.Path).AvailableFreeSpace;
        Assert.InRange(directory.FreeBytes(), expected / 2, expected * 2);
    }
}
