using System.Collections;

namespace Savevm.Wire.Descriptions;

/// <summary>The fields of a structure, in wire order. A walk with <c>foreach</c> allocates nothing.</summary>
public readonly struct DescribedFields : IEnumerable<DescribedField>
{
    private readonly VMDescription _description;
    private readonly int _first;

    internal DescribedFields(VMDescription description, int first)
    {
        _description = description;
        _first = first;
    }

    /// <summary>There are none.</summary>
    public bool IsEmpty => _first == DescriptionNode.None;

    /// <summary>Begins a walk.</summary>
    public Enumerator GetEnumerator() => new(_description, _first);

    IEnumerator<DescribedField> IEnumerable<DescribedField>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>A walk through the list.</summary>
    public struct Enumerator : IEnumerator<DescribedField>
    {
        private readonly VMDescription _description;
        private readonly int _first;
        private int _next;
        private int _current;

        internal Enumerator(VMDescription description, int first)
        {
            _description = description;
            _first = first;
            Reset();
        }

        /// <inheritdoc/>
        public readonly DescribedField Current => new(_description, _current);

        readonly object IEnumerator.Current => Current;

        /// <inheritdoc/>
        public bool MoveNext()
        {
            if (_next == DescriptionNode.None)
                return false;
            _current = _next;
            _next = _description.Node(_next).Next;
            return true;
        }

        /// <inheritdoc/>
        public void Reset()
        {
            _next = _first;
            _current = DescriptionNode.None;
        }

        /// <inheritdoc/>
        public readonly void Dispose()
        {
        }
    }
}
