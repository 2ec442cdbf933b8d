using CsCheck;
using Xunit;

namespace DprivEmbedded.Association.Tests;

/// <summary>RFC 6298 section 2, in integers.</summary>
public class RttEstimatorTests
{
    [Fact]
    public void First_sample_is_taken_as_it_is()
    {
        RttEstimator rtt = new();
        Assert.Equal(-1, rtt.SmoothedMs);
        rtt.Add(120);
        Assert.Equal(120, rtt.SmoothedMs);
        Assert.Equal(60, rtt.VariationMs);
        rtt.Reset();
        Assert.Equal(-1, rtt.SmoothedMs);
    }

    [Fact]
    public void Later_samples_count_an_eighth()
    {
        RttEstimator rtt = new();
        rtt.Add(100);
        rtt.Add(180);
        Assert.Equal(110, rtt.SmoothedMs);
        Assert.Equal(57, rtt.VariationMs);
    }

    /// <summary>The integers stay within a millisecond or two of the same sums in floating point.</summary>
    [Fact]
    public void Integers_lose_next_to_nothing()
    {
        Gen.Int[0, 5000].Array[1, 200].Sample(samples =>
        {
            RttEstimator rtt = new();
            double smoothed = samples[0];
            double variation = samples[0] / 2.0;
            rtt.Add(samples[0]);
            for (int i = 1; i < samples.Length; i++)
            {
                variation += (System.Math.Abs(smoothed - samples[i]) - variation) / 4;
                smoothed += (samples[i] - smoothed) / 8;
                rtt.Add(samples[i]);
            }

            Assert.InRange(rtt.SmoothedMs, smoothed - 2, smoothed + 2);
            Assert.InRange(rtt.VariationMs, variation - 4, variation + 4);
        });
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(60_001)]
    [InlineData(long.MaxValue)]
    public void What_is_no_round_trip_is_no_sample(long ms)
    {
        RttEstimator rtt = new();
        rtt.Add(ms);
        Assert.Equal(-1, rtt.SmoothedMs);
    }

    [Fact]
    public void A_path_without_delay_has_one_millisecond()
    {
        RttEstimator rtt = new();
        rtt.Add(0);
        rtt.Add(0);
        Assert.Equal(1, rtt.SmoothedMs);
    }
}
