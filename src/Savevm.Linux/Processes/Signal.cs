namespace Savevm.Linux.Processes;

/// <summary>The signals we send; the same numbers on x86-64 and arm64.</summary>
public enum Signal
{
    /// <summary>SIGHUP.</summary>
    HangUp = 1,

    /// <summary>SIGINT.</summary>
    Interrupt = 2,

    /// <summary>SIGQUIT.</summary>
    Quit = 3,

    /// <summary>SIGKILL: cannot be caught.</summary>
    Kill = 9,

    /// <summary>SIGTERM: asks to end.</summary>
    Terminate = 15,

    /// <summary>SIGCONT.</summary>
    Continue = 18,

    /// <summary>SIGSTOP: cannot be caught.</summary>
    Stop = 19,
}
