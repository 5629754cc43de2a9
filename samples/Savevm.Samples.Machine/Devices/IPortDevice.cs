namespace Savevm.Samples.Machine.Devices;

/// <summary>A device that the processor reaches by its instructions IN and OUT. Only the processor's thread calls it.</summary>
internal interface IPortDevice
{
    /// <summary>Reads a register; one that does not exist is 0.</summary>
    ulong Read(int register);

    /// <summary>Writes a register; one that does not exist takes it and does nothing.</summary>
    void Write(int register, ulong value);

    /// <summary>The processor has executed so many instructions.</summary>
    void Advance(int instructions);
}
