namespace Savevm;

/// <summary>A connection of a recorded migration.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Kind">What it carries: <c>main</c>, <c>multifd</c>, <c>preempt</c>, <c>recovery</c>, <c>unknown</c>.</param>
/// <param name="ForwardBytes">Bytes from the source.</param>
/// <param name="BackwardBytes">Bytes from the destination.</param>
/// <param name="Opened">When it was opened, from the beginning of the recording.</param>
/// <param name="Last">When the last byte passed.</param>
public sealed record InspectedConnection(int Number, string Kind, long ForwardBytes, long BackwardBytes, TimeSpan Opened, TimeSpan Last);
