using System.Text.RegularExpressions;

namespace Savevm.Qemu.Destination;

/// <summary>A message of QEMU and what it means.</summary>
/// <param name="Pattern">The message, in the words of all releases.</param>
/// <param name="Explain">What it means, from its parts; the line is filled in by the reader.</param>
internal sealed record LoadRefusalRow(Regex Pattern, Func<Match, LoadRefusal> Explain);
