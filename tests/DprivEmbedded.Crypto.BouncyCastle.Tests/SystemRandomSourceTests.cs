using System;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace DprivEmbedded.Crypto.BouncyCastle.Tests;

public class SystemRandomSourceTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(32)]
    public void Fills_what_is_asked_for_and_nothing_else(int count)
    {
        var source = new SystemRandomSource();
        var counts = new int[256];
        for (int draw = 0; draw < 64000 / count; draw++)
        {
            var buffer = new byte[count + 4];
            source.Fill(buffer, 2, count);
            Assert.Equal([0, 0, 0, 0], [buffer[0], buffer[1], buffer[^2], buffer[^1]]);
            foreach (byte octet in buffer.AsSpan(2, count))
                counts[octet]++;
        }

        // 250 of each value are expected, with a standard deviation of 16: eight of them never come.
        Assert.InRange(counts.Min(), 120, 250);
        Assert.InRange(counts.Max(), 250, 380);
    }

    [Fact]
    public void Nothing_is_given_out_twice()
    {
        // Octets of a block that were repeated would show as pairs of equal 4-octet values: by chance 1 in 1,000 runs has one.
        var source = new SystemRandomSource();
        uint[][] all = new uint[4][];
        Parallel.For(0, 4, thread =>
        {
            all[thread] = new uint[700];
            for (int i = 0; i < 700; i++)
            {
                var buffer = new byte[4];
                source.Fill(buffer, 0, 4);
                all[thread][i] = BitConverter.ToUInt32(buffer);
            }
        });
        int equal = 2800 - all.SelectMany(values => values).Distinct().Count();
        Assert.InRange(equal, 0, 2);
    }
}
