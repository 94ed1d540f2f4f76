using System.Diagnostics;

namespace Serment.Kernel;

/// <summary>The last word of a program that met what nobody foresaw.</summary>
public static class UnforeseenFault
{
    /// <summary>Its kind and its place in this program, enough to find it. Not what it says of itself, which may quote what it met.</summary>
    public static string Words(Exception fault)
    {
        var place = new StackTrace(fault).GetFrames().Select(frame => frame.GetMethod()?.DeclaringType).FirstOrDefault(type => type?.FullName?.StartsWith("Serment.", StringComparison.Ordinal) == true);
        return $"Arrêt sur une erreur imprévue ({fault.GetType().Name}, {place?.FullName ?? "hors du programme"}). Ce qui n'est pas dit fait ne l'est pas : recommencez, et signalez-la avec ces deux noms.";
    }
}
