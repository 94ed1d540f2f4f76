namespace Serment.Kernel;

/// <summary>
/// The clock of a cell. Demonstration cells may move it; production cells cannot.
/// Instants are kept in UTC; people read Europe/Paris.
/// </summary>
public static class ClinicalTime
{
    public static TimeZoneInfo Paris { get; } = TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris");
    public static System.Globalization.CultureInfo French { get; } = System.Globalization.CultureInfo.GetCultureInfo("fr-FR");

    public static DateTime Local(DateTimeOffset instant) => TimeZoneInfo.ConvertTime(instant, Paris).DateTime;

    public static DateOnly Day(DateTimeOffset instant) => DateOnly.FromDateTime(Local(instant));
}
