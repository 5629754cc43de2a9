// Tests count this process's descriptors and close ends of sockets; a child that another test starts in that moment holds a
// copy of every descriptor until its program is loaded.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
