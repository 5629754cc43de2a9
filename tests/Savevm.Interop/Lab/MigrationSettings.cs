using System.Text.Json.Nodes;

namespace Savevm.Interop.Lab;

/// <summary>Capabilities and parameters of a QEMU's migration, as one text that can be compared.</summary>
internal static class MigrationSettings
{
    public static async Task<string> ReadAsync(LabGuest guest)
    {
        JsonNode? capabilities = await guest.Monitor.ExecuteAsync("query-migrate-capabilities");
        JsonNode? parameters = await guest.Monitor.ExecuteAsync("query-migrate-parameters");
        return $"{capabilities!.ToJsonString()}\n{parameters!.ToJsonString()}";
    }

    /// <summary>Reads again and again, as a setting may be put back a moment after a command was killed.</summary>
    public static async Task AssertBecomesAsync(string expected, LabGuest guest)
    {
        string now = string.Empty;
        for (DateTime end = DateTime.UtcNow + TimeSpan.FromSeconds(5); DateTime.UtcNow < end && now != expected; await Task.Delay(20))
        {
            now = await ReadAsync(guest);
        }

        Assert.Equal(expected, now);
    }
}
