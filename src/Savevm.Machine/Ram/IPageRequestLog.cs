namespace Savevm.Machine.Ram;

/// <summary>Is told which pages a running guest asks for, in the order in which it does.</summary>
public interface IPageRequestLog
{
    /// <summary>
    /// Notes a page of the machine. Called by the one thread that answers requests, for every request, repeats too. Data plane: an
    /// implementation neither locks nor allocates per page, and never fails; what it has no room for it forgets.
    /// </summary>
    void Note(int blockIndex, long pageIndex);
}
