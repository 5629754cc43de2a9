namespace Savevm.Qemu.Qmp;

/// <summary>QEMU answered a command with an error. The monitor goes on working.</summary>
public sealed class QmpException : QemuException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="errorClass">QEMU's class, such as <c>GenericError</c> or <c>CommandNotFound</c>.</param>
    /// <param name="description">QEMU's own words.</param>
    /// <param name="command">The command that was refused.</param>
    public QmpException(string errorClass, string description, string command)
        : base($"QEMU refused {command}: {description}")
    {
        ErrorClass = errorClass;
        Description = description;
        Command = command;
    }

    /// <summary>QEMU's class, such as <c>GenericError</c> or <c>CommandNotFound</c>.</summary>
    public string ErrorClass { get; }

    /// <summary>QEMU's own words.</summary>
    public string Description { get; }

    /// <summary>The command that was refused.</summary>
    public string Command { get; }
}
