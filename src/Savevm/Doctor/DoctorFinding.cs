namespace Savevm.Doctor;

/// <summary>One thing that this host, or a QEMU on it, can do or cannot.</summary>
/// <param name="Subject">What it is about: <c>lazy resume</c>, <c>kvm</c>, the path of a QEMU.</param>
/// <param name="IsGood">Nothing is in the way.</param>
/// <param name="Sentence">What was found.</param>
/// <param name="Remedy">What can be done about it; null where nothing need, or can, be done.</param>
public sealed record DoctorFinding(string Subject, bool IsGood, string Sentence, string? Remedy = null);
