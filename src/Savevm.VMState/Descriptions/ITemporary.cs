namespace Savevm.VMState.Descriptions;

/// <summary>Another form of a device's values, in which they are saved: the two halves of a number, a list as an array.</summary>
public interface ITemporary<TDevice, TTemporary>
{
    /// <summary>Makes that form of the device.</summary>
    /// <param name="device">The device, unchanged.</param>
    TTemporary Take(ref TDevice device);

    /// <summary>Puts loaded values into the device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="loaded">What was loaded.</param>
    /// <returns>Null, or why the device does not take them, in a sentence fragment.</returns>
    string? Put(ref TDevice device, ref TTemporary loaded);
}
