using System.Runtime.InteropServices;

namespace Savevm.Repository.Tests.WorkingSets;

/// <summary>Gives a file to another user, which .NET cannot.</summary>
internal static partial class NativeOwner
{
    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Change(string path, uint user, uint group);
}
