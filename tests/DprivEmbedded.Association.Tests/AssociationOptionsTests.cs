using Xunit;

namespace DprivEmbedded.Association.Tests;

public class AssociationOptionsTests
{
    [Fact]
    public void Defaults_are_valid_with_a_session_key()
    {
        Assert.Null(new AssociationOptions { SessionKey = "server" }.Validate());
        Assert.NotNull(new AssociationOptions().Validate());
    }

    [Theory]
    [InlineData("Transport", 2)]
    [InlineData("MaxQueries", 0)]
    [InlineData("MaxQueries", 256)]
    [InlineData("MaxQueryBytes", 16)]
    [InlineData("MaxQueryBytes", 16385)]
    [InlineData("MaxPaths", 0)]
    [InlineData("MaxPaths", 3)]
    [InlineData("MaxAttempts", 0)]
    [InlineData("QueryTimeoutMs", 0)]
    [InlineData("MinSilenceMs", 0)]
    [InlineData("InitialSilenceMs", 99)]
    [InlineData("SignalBudgetPerHour", -1)]
    [InlineData("SignalBudgetPerHour", 3601)]
    public void Each_limit_is_named(string option, int value)
    {
        AssociationOptions options = new() { SessionKey = "server" };
        typeof(AssociationOptions).GetField(option)!.SetValue(options, value);
        Assert.Contains(option, options.Validate(), System.StringComparison.Ordinal);
    }
}
