using System;
using System.Diagnostics;
using System.Threading.Tasks;

namespace DprivEmbedded.Interop.Infrastructure;

public static class Poll
{
    /// <summary>Asks <paramref name="condition"/> every few milliseconds until it holds; false when <paramref name="limit"/> has passed.</summary>
    public static async Task<bool> UntilAsync(Func<Task<bool>> condition, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition().ConfigureAwait(false))
        {
            if (clock.Elapsed > limit)
                return false;
            await Task.Delay(10).ConfigureAwait(false);
        }

        return true;
    }

    public static Task<bool> UntilAsync(Func<bool> condition, TimeSpan limit) =>
        UntilAsync(() => Task.FromResult(condition()), limit);
}
