namespace Savevm.Samples.KeyValue.Store;

/// <summary>Is shown a slot.</summary>
internal delegate void SlotVisitor(ref Slot slot);
