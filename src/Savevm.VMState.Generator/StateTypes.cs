using Microsoft.CodeAnalysis;

namespace Savevm.VMState.Generator;

/// <summary>The types of a project that have a state.</summary>
internal static class StateTypes
{
    internal static IEnumerable<INamedTypeSymbol> Of(Compilation compilation)
    {
        var rest = new Stack<INamespaceOrTypeSymbol>();
        rest.Push(compilation.Assembly.GlobalNamespace);
        while (rest.Count > 0)
        {
            INamespaceOrTypeSymbol next = rest.Pop();
            if (next is INamedTypeSymbol type && TypeForms.HasState(type))
                yield return type;
            foreach (INamespaceOrTypeSymbol member in next.GetMembers().OfType<INamespaceOrTypeSymbol>())
                rest.Push(member);
        }
    }
}
