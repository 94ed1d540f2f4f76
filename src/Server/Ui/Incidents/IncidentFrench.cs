using System.Globalization;
using Serment.Records.Incidents;

namespace Serment.Server.Ui.Incidents;

/// <summary>Words of the incident screens, and the facts that notifications and letters are made of.</summary>
internal static class IncidentFrench
{
    public static string Nature(IncidentNature nature) => nature switch
    {
        IncidentNature.Account => "Compte d'un membre du personnel",
        IncidentNature.Session => "Une session",
        IncidentNature.Station => "Poste de travail",
        IncidentNature.Interface => "Interface",
        IncidentNature.Server => "Serveur",
        _ => "Disque, base ou sauvegarde",
    };

    public static string State(IncidentState state) => state switch { IncidentState.Open => "ouvert", IncidentState.Notified => "notifié", _ => "clos" };

    public static string Phase(NotificationPhase phase) => phase switch { NotificationPhase.Initial => "Initiale", NotificationPhase.Complement => "Complémentaire", _ => "Finale" };

    public static string Told(PeopleTold told) => told switch
    {
        PeopleTold.Yes => "Chaque personne est informée",
        PeopleTold.Unintelligible => "Dispense : données incompréhensibles (article 34(3)(a))",
        PeopleTold.RiskGone => "Dispense : le risque élevé n'existe plus (article 34(3)(b))",
        _ => "Pas de risque élevé : information non requise",
    };

    public static string Number(long value) => value.ToString("N0", ClinicalTime.French);

    /// <summary>How long is left, or how late it is: "41 h 12 min", "3 h de retard".</summary>
    public static string Left(DateTimeOffset until, DateTimeOffset now)
    {
        var left = until - now;
        var text = Math.Abs(left.TotalHours) >= 1 ? $"{Math.Floor(Math.Abs(left.TotalHours))} h {Math.Abs(left.Minutes):00}" : $"{Math.Abs(left.Minutes)} min";
        return left < TimeSpan.Zero ? $"{text} de retard" : $"reste {text}";
    }

    /// <summary>The notification of that phase, with those sent before it.</summary>
    /// <param name="consequences">As they are typed now; null: as they were notified last.</param>
    /// <param name="lateBecause">As it is typed now; null: as it was notified.</param>
    public static IReadOnlyList<NotificationField> Notification(IncidentFile file, string establishment, NotificationPhase phase, DateTimeOffset now, string? consequences = null, string? lateBecause = null)
    {
        var facts = Facts(file, establishment);
        return Article33Notification.Of(facts with { Consequences = consequences ?? facts.Consequences, LateBecause = lateBecause ?? facts.LateBecause }, now, Phase(phase), [.. file.Notifications.Select(n => $"{Phase(n.Phase)}, {ClinicalTime.Local(n.At):dd/MM/yyyy HH:mm}, {Number(n.Patients)} patients{(n.Reference is { Length: > 0 } reference ? $", référence {reference}" : "")}")]);
    }

    /// <summary>Where its letters are written: a folder for each incident.</summary>
    public static string LettersFolder(IncidentSummary incident) => string.Create(CultureInfo.InvariantCulture, $"lettres-{ClinicalTime.Local(incident.OpenedAt).Year}-{incident.Number:D3}");

    /// <summary>What comes next, until the officer says otherwise.</summary>
    public static NotificationPhase Next(IncidentFile file) => file.Notifications.Count == 0 ? NotificationPhase.Initial : NotificationPhase.Complement;

    public static BreachFacts Facts(IncidentFile file, string establishment)
    {
        var contact = file.Contact ?? new IncidentContact("", "", "", "");
        return new BreachFacts(establishment, new DataOfficer(contact.Name, contact.Phone, contact.Email, contact.Address), file.Summary.Number, file.Summary.Title, file.Scope.Nature, file.Subject,
            file.Scope.From, file.Scope.Until, file.Summary.AwareAt, file.Facts, file.Exposure.Patients, file.Exposure.Minors, file.Exposure.Completed, file.Exposure.Accesses,
            [.. file.Exposure.Domains.Select(d => new BreachDomain(d.Domain, d.Patients, d.Accesses))], [.. file.Measures.Select(m => $"{ClinicalTime.Local(m.At):dd/MM/yyyy HH:mm} : {m.Text}")],
            file.Notifications.Count > 0 ? file.Notifications[^1].Consequences : null, file.Notifications.Select(n => n.LateBecause).FirstOrDefault(), file.Summary.NotifiedAt, file.Told is { } told ? $"{Told(told.Decision)}. {told.Reason}" : null);
    }
}
