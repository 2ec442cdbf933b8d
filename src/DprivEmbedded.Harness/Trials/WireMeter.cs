using System;
using DprivEmbedded.Power;

namespace DprivEmbedded.Harness.Trials;

/// <summary>What the packets at the device take, by their times and sizes. Time on the air and computing are added behind the network's time: they do not move the network's events.</summary>
internal sealed class WireMeter
{
    private readonly TrialPhysics _physics;
    private readonly DeviceProfile _device;
    private readonly CostModel _costs;
    private TrialState _state = TrialPhysics.Start();
    private long _lastUs;
    private long _shiftUs;
    private bool _answerDue;
    private long _remainder;

    public WireMeter(TrialPhysics physics)
    {
        _physics = physics;
        _device = physics.World.Scenario.Device;
        _costs = physics.Costs;
    }

    /// <summary>Energy so far.</summary>
    public long NanoJoules { get; private set; }

    /// <summary>Until when the radio is on by our doing.</summary>
    public long OnUntilMs => _state.OnUntil;

    /// <summary>By how much air time and computing have put off what is under way, in microseconds.</summary>
    public long ShiftUs => _shiftUs;

    /// <summary>Whether the radio is on at a moment.</summary>
    public bool IsOn(long nowMs) => _physics.On(_state, nowMs);

    /// <summary>Something begins: where the radio sleeps it is woken.</summary>
    /// <param name="nowUs">When.</param>
    /// <param name="ahead">Whether it was woken in time, so that it is ready now; else it begins to wake now.</param>
    /// <returns>Until when it wakes, in microseconds.</returns>
    public long Begin(long nowUs, bool ahead)
    {
        long now = nowUs / 1000;
        _shiftUs = 0;
        _answerDue = false;
        long wake = IsOn(now) ? 0 : _costs.PromotionMs;
        long ready = ahead ? now : now + wake;
        NanoJoules += _physics.Cover(ref _state, now, ready - wake, ready + _costs.TailMs);
        _lastUs = ready * 1000;
        return _lastUs;
    }

    /// <summary>A packet leaves or arrives within an exchange.</summary>
    /// <param name="nowUs">When.</param>
    /// <param name="up">Its direction.</param>
    /// <param name="bytes">Its size with IP header.</param>
    /// <param name="listens">Whether the device listens for it, as it does for the answer of a query or a handshake.</param>
    public void Packet(long nowUs, bool up, int bytes, bool listens)
    {
        long gapUs = Math.Max(0, nowUs - _lastUs);
        long onUs = gapUs;
        if (_costs.DozeDelayMs > 0)
            onUs = Math.Min(gapUs, (up ? 2 : 1) * _costs.DozeAfterMs * 1000L);

        if (!up && _answerDue && listens)
            Add(onUs, _costs.WaitMicroWatts);

        _answerDue = up;
        long fromUs = nowUs + _shiftUs - onUs;
        RadioProfile radio = _device.Radio;
        long airUs = bytes * 8_000_000L / (up ? radio.UplinkBitsPerSecond : radio.DownlinkBitsPerSecond) + radio.PacketMicroseconds;
        Add(airUs, (up ? radio.TransmitMicroWatts : radio.ReceiveMicroWatts) - radio.TailMicroWatts);
        _shiftUs += airUs;
        _lastUs = nowUs;
        Stay(fromUs, nowUs + _shiftUs);
    }

    /// <summary>The processor computes.</summary>
    /// <param name="nowUs">When.</param>
    /// <param name="handshake">One of <see cref="HandshakeKind"/>.</param>
    public void Compute(long nowUs, int handshake)
    {
        int ms = _device.Cpu.HandshakeMs[handshake];
        Add(ms * 1000L, _device.Cpu.ActiveMicroWatts);
        long fromUs = nowUs + _shiftUs;
        _shiftUs += ms * 1000L;
        Stay(fromUs, nowUs + _shiftUs);
    }

    private void Add(long us, int microWatts)
    {
        long picoJoules = us * microWatts + _remainder;
        NanoJoules += picoJoules / 1000;
        _remainder = picoJoules % 1000;
    }

    /// <summary>Keeps the radio on, from its last moment or from a later one that it dozed until.</summary>
    private void Stay(long fromUs, long untilUs)
    {
        long from = fromUs / 1000;
        _state.OnUntil = Math.Max(_state.OnUntil, from);
        NanoJoules += _physics.Cover(ref _state, from - 1, from, Math.Max(_state.OnUntil, untilUs / 1000 + _costs.TailMs));
    }
}
