namespace Serment.Benchmarks;

/// <summary>Durations of one run, and what is said of several.</summary>
public static class Sample
{
    /// <summary>Nearest rank.</summary>
    public static double Percentile(IReadOnlyCollection<double> values, double percent) =>
        values.Order().ElementAt(Math.Clamp((int)Math.Ceiling(values.Count * percent / 100) - 1, 0, values.Count - 1));

    public static double Median(params IReadOnlyCollection<double> values) => Percentile(values, 50);
}
