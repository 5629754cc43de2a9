namespace Savevm.Cli.CommandLine;

/// <summary>Finds what the user may have meant.</summary>
public static class Suggestion
{
    /// <summary>The known word that is nearest, or null when none is near enough to be worth saying.</summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        string? best = null;
        int limit = Math.Max(1, word.TrimStart('-').Length / 3) + 1;
        foreach (string candidate in known)
        {
            // A beginning of at least three letters is as good as one wrong letter.
            int distance = word.TrimStart('-').Length >= 3 && candidate.StartsWith(word, StringComparison.Ordinal)
                ? 1
                : Distance(word, candidate);
            if (distance < limit)
            {
                limit = distance;
                best = candidate;
            }
        }

        return best;
    }

    /// <summary>The number of letters to insert, remove, change or swap with a neighbour.</summary>
    public static int Distance(string from, string to)
    {
        int[,] cost = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            for (int j = 0; j <= to.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    cost[i, j] = i + j;
                    continue;
                }

                int change = from[i - 1] == to[j - 1] ? 0 : 1;
                cost[i, j] = Math.Min(Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1, cost[i - 1, j - 1] + change);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }

        return cost[from.Length, to.Length];
    }
}
