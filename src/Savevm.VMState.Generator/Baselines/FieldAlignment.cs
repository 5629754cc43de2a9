namespace Savevm.VMState.Generator.Baselines;

/// <summary>
/// Which field of a section is which of the released one: first by name, and between those by form. It says what was added, removed,
/// moved and renamed, and leaves the forms of pairs to whoever asks.
/// </summary>
internal sealed class FieldAlignment
{
    private readonly Func<FieldShape, FieldShape, bool> _isSame;
    private readonly Func<FieldShape, FieldShape, bool> _hasSameCondition;

    /// <param name="old">Fields that released states have, in their order.</param>
    /// <param name="now">Fields that are loaded from such states now.</param>
    /// <param name="isSame">Two fields have the same form under the same condition.</param>
    /// <param name="hasSameCondition">Two fields are there under the same condition.</param>
    internal FieldAlignment(
        List<FieldShape> old,
        List<FieldShape> now,
        Func<FieldShape, FieldShape, bool> isSame,
        Func<FieldShape, FieldShape, bool> hasSameCondition)
    {
        _isSame = isSame;
        _hasSameCondition = hasSameCondition;
        List<(int Old, int Now)> named = PairNames(old, now);
        List<(int Old, int Now)> kept = LongestInOrder(named);
        HashSet<int> movedOld = [.. named.Except(kept).Select(pair => pair.Old)];
        HashSet<int> movedNow = [.. named.Except(kept).Select(pair => pair.Now)];
        Moved.AddRange(named.Except(kept).Select(pair => (old[pair.Old], now[pair.Now])));
        (int Old, int Now) last = (-1, -1);
        foreach ((int Old, int Now) anchor in kept.Append((old.Count, now.Count)))
        {
            AlignGap(Between(old, last.Old, anchor.Old, movedOld), Between(now, last.Now, anchor.Now, movedNow));
            if (anchor.Old < old.Count)
                Pairs.Add((old[anchor.Old], now[anchor.Now]));
            last = anchor;
        }
    }

    /// <summary>Fields that are still where they were, under another name perhaps.</summary>
    internal List<(FieldShape Old, FieldShape Now)> Pairs { get; } = [];

    internal List<(FieldShape Old, FieldShape Now)> Moved { get; } = [];

    internal List<FieldShape> Removed { get; } = [];

    internal List<FieldShape> Added { get; } = [];

    /// <summary>Fields whose place unused bytes have taken.</summary>
    internal List<FieldShape> Absorbed { get; } = [];

    private static List<(int Old, int Now)> PairNames(List<FieldShape> old, List<FieldShape> now)
    {
        var places = new Dictionary<string, Queue<int>>();
        for (int i = 0; i < now.Count; i++)
        {
            if (now[i].Form.IsUnused)
                continue;
            if (!places.TryGetValue(now[i].Name, out Queue<int> queue))
                places[now[i].Name] = queue = new Queue<int>();
            queue.Enqueue(i);
        }
        var pairs = new List<(int, int)>();
        for (int i = 0; i < old.Count; i++)
        {
            if (!old[i].Form.IsUnused && places.TryGetValue(old[i].Name, out Queue<int> queue) && queue.Count > 0)
                pairs.Add((i, queue.Dequeue()));
        }
        return pairs;
    }

    // Pairs are in the order of the old ones; of the new ones as many as possible are kept that are in order, too.
    private static List<(int Old, int Now)> LongestInOrder(List<(int Old, int Now)> pairs)
    {
        var length = new int[pairs.Count];
        var before = new int[pairs.Count];
        int best = -1;
        for (int i = 0; i < pairs.Count; i++)
        {
            (length[i], before[i]) = (1, -1);
            for (int j = 0; j < i; j++)
            {
                if (pairs[j].Now < pairs[i].Now && length[j] + 1 > length[i])
                    (length[i], before[i]) = (length[j] + 1, j);
            }
            if (best < 0 || length[i] > length[best])
                best = i;
        }
        var kept = new List<(int Old, int Now)>();
        for (int i = best; i >= 0; i = before[i])
            kept.Insert(0, pairs[i]);
        return kept;
    }

    private static List<FieldShape> Between(List<FieldShape> fields, int after, int before, HashSet<int> without) =>
        [.. Enumerable.Range(after + 1, before - after - 1).Where(index => !without.Contains(index)).Select(index => fields[index])];

    private void AlignGap(List<FieldShape> old, List<FieldShape> now)
    {
        int i = 0;
        int j = 0;
        while (i < old.Count && j < now.Count)
        {
            if (_isSame(old[i], now[j]))
            {
                Pairs.Add((old[i++], now[j++]));
                continue;
            }
            if (Absorb(old, now, ref i, ref j))
                continue;
            int laterNow = now.FindIndex(j, field => _isSame(old[i], field));
            int laterOld = old.FindIndex(i, field => _isSame(field, now[j]));
            if (laterNow >= 0)
            {
                Added.AddRange(now.GetRange(j, laterNow - j));
                j = laterNow;
            }
            else if (laterOld >= 0)
            {
                Removed.AddRange(old.GetRange(i, laterOld - i));
                i = laterOld;
            }
            else
            {
                Removed.Add(old[i++]);
                Added.Add(now[j++]);
            }
        }
        Removed.AddRange(old.Skip(i));
        Added.AddRange(now.Skip(j));
    }

    // Unused bytes take the place of fields of as many bytes. What was unused may be divided in another way, too.
    private bool Absorb(List<FieldShape> old, List<FieldShape> now, ref int i, ref int j)
    {
        (int oldEnd, int nowEnd) = (i, j);
        long difference = 0;
        do
        {
            bool takesOld = difference <= 0 && oldEnd == i || difference < 0;
            FieldShape? next = takesOld
                ? oldEnd < old.Count ? old[oldEnd++] : null
                : nowEnd < now.Count ? now[nowEnd++] : null;
            if (next?.Form.Bytes is not { } bytes || !_hasSameCondition(old[i], next) || (!takesOld && !next.Form.IsUnused))
                return false;
            difference += takesOld ? bytes : -bytes;
        }
        while (difference != 0);
        Absorbed.AddRange(old.GetRange(i, oldEnd - i).Where(field => !field.Form.IsUnused));
        (i, j) = (oldEnd, nowEnd);
        return true;
    }
}
