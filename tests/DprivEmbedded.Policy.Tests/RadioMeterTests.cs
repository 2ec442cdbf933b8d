using DprivEmbedded.Power;
using Xunit;

namespace DprivEmbedded.Policy.Tests;

public class RadioMeterTests
{
    [Fact]
    public void A_tail_is_paid_once_and_a_promotion_only_from_idle()
    {
        RadioProfile radio = Costs.Device(tailMs: 1000).Radio;
        var meter = new RadioMeter(radio, 0);

        long first = meter.Add(0, 100, 0);
        Assert.Equal(RadioMeter.PromotionExtra(radio) + 1100 * 300_000L, first);

        // Within the tail: only what it is longer by.
        Assert.Equal(500 * 300_000L + 7, meter.Add(600, 0, 0) + meter.Add(600, 0, 7));
        Assert.Equal(1, meter.Promotions);

        meter.Add(5000, 100, 0);
        Assert.Equal(2, meter.Promotions);
        Assert.Equal(1600 + 1100, meter.OnMs);
    }

    [Fact]
    public void An_activity_inside_the_tail_that_ends_before_it_adds_nothing()
    {
        RadioProfile radio = Costs.Device(tailMs: 1000).Radio;
        var meter = new RadioMeter(radio, 0);
        meter.Add(0, 500, 0);

        Assert.Equal(0, meter.Add(100, 100, 0));
    }

    [Fact]
    public void Idle_power_counts_where_the_radio_is_off()
    {
        RadioProfile radio = Costs.Device(tailMs: 1000).Radio;
        var meter = new RadioMeter(radio, 0);
        meter.Add(0, 0, 0);

        Assert.Equal((RadioMeter.PromotionExtra(radio) + 1000 * 300_000L + 9000 * 1000L) / 1000, meter.TotalMicroJoules(10_000));
    }

    [Fact]
    public void Release_assistance_shortens_the_tail()
    {
        RadioProfile radio = Costs.Device(tailMs: 10_000).Radio;
        radio.ReleaseAssistance = true;
        radio.ReleaseMs = 500;
        var meter = new RadioMeter(radio, 0);
        meter.Add(0, 100, 0);

        Assert.Equal(600, meter.OnUntilMs);
    }

    [Fact]
    public void A_battery_empties_and_charges()
    {
        var battery = new BatteryState(10);
        Assert.Equal(1000, battery.Permille);
        battery.Draw(2_500_000);
        Assert.Equal(750, battery.Permille);
        battery.Draw(9_000_000);
        Assert.True(battery.Empty);
        Assert.Equal(0, battery.Permille);
        battery.Draw(-20_000_000);
        Assert.Equal(1000, battery.Permille);
        Assert.Equal(-1, new BatteryState(0).Permille);
    }

    [Fact]
    public void Dozing_delays_answers_and_spares_the_radio()
    {
        CostModel model = Costs.Model();
        model.DozeDelayMs = 150;
        model.DozeAfterMs = 50;
        Assert.Equal(40, model.RoundTripMs(40));
        Assert.Equal(250, model.RoundTripMs(100));
        Assert.Equal(50, model.OnRoundTripMs(100));
        Assert.True(model.OnMs(ExchangeKind.Reuse, 100) < model.DurationMs(ExchangeKind.Reuse, 100));
    }
}
