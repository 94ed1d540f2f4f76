namespace Serment.Custodian.Policies;

/// <summary>One value of the policy: where it stands, between which bounds no approval can move it, and how French people read it.</summary>
/// <param name="Path">"budgets.nurse.touch".</param>
internal sealed record PolicyRow(string Path, int Least, int Most, string Section, string French, string Unit);

/// <summary>
/// Every value of the policy. The upper bounds keep the promises of the design whatever two people agree on (30 files before a
/// touch, 60 unrelated patients in 30 days for whoever cares, a ceiling of a twentieth of the base, of which interfaces carry half); the lower ones keep two
/// people from stopping the hospital.
/// </summary>
internal static class PolicyTable
{
    private static readonly (string Name, string French, string Unit)[] BudgetColumns =
    [
        ("sinceTouch", "dossiers depuis le dernier toucher, avant qu'il en faut un", "dossiers"), ("touchEvery", "au-delà, un toucher tous les", "dossiers ou noms"),
        ("note", "dossiers dans la journée : noté", "dossiers par jour"), ("touch", "dossiers dans la journée : touchers répétés", "dossiers par jour"), ("second", "dossiers dans la journée : sans lien de soin, seconde personne", "dossiers par jour"),
        ("unrelatedNote", "patients sans lien établi par autrui : noté", "patients par jour"), ("unrelatedTouch", "patients sans lien établi par autrui : un toucher chacun", "patients par jour"),
        ("unrelatedSecond", "patients sans lien établi par autrui : seconde personne", "patients par jour"), ("unrelated30Days", "patients sans lien établi par autrui en 30 jours", "patients en 30 jours"),
        ("linesSinceTouch", "noms affichés depuis le dernier toucher", "noms"), ("strangerLines", "noms de patients sans lien de soin, avant les touchers répétés", "noms par jour"),
    ];

    // least-most, in the order of the columns above
    //                  sinceTouch every  note    touch   second   uNote uTouch uSecond u30days lines   strangers
    private static readonly (string Class, string French, string Bounds)[] BudgetRows =
    [
        ("nurse", "Infirmiers, aides-soignants", /* */ "10-30 5-10 10-80  20-120 40-240   0-10  0-20   5-40  10-60   30-60  30-240"),
        ("physician", "Médecins", /*                */ "10-30 5-10 10-80  20-160 40-320   0-10  0-30   5-60  10-60   30-60  30-400"),
        ("desk", "Admissions, secrétariats", /*     */ "10-30 5-10 20-300 40-500 80-800   0-80  0-160 20-240 50-800  30-300 100-3000"),
        ("coder", "Information médicale", /*        */ "10-30 5-10 10-120 20-200 40-800   0-5   0-10   0-20   0-30   30-60  30-120"),
        ("biller", "Facturation", /*                */ "10-30 5-10 20-400 40-600 80-1000  0-5   0-10   0-20   0-30   30-300 30-120"),
        ("plateau", "Pharmacie, laboratoire", /*    */ "10-30 5-10 20-400 40-800 80-1200  0-10  0-30   5-60  10-60   30-60  30-400"),
    ];

    public static IReadOnlyList<PolicyRow> All { get; } =
    [
        .. BudgetRows.SelectMany(row => row.Bounds.Split(' ', StringSplitOptions.RemoveEmptyEntries).Zip(BudgetColumns, (bounds, column) => Bounded($"budgets.{row.Class}.{column.Name}", bounds, row.French, column.French, column.Unit))),
        Bounded("ceiling.basePerMille", "5-50", "Plafond de l'établissement", "part de la base", "pour mille par jour"),
        Bounded("ceiling.peakPercent", "100-200", "Plafond de l'établissement", "part du jour le plus chargé", "pour cent"),
        Bounded("ceiling.peakDays", "7-28", "Plafond de l'établissement", "période regardée", "jours"),
        Bounded("ceiling.bedsTimes", "1-5", "Plafond de l'établissement", "fois lits et arrivées attendues", "fois"),
        Bounded("ceiling.bedsDelayHours", "24-168", "Plafond de l'établissement", "avant que des lits ajoutés comptent", "heures"),
        Bounded("search.deskRows", "10-50", "Recherche", "lignes à un guichet", "lignes"),
        Bounded("search.wideRows", "1-20", "Recherche", "lignes ailleurs, hors de ses patients", "lignes"),
        Bounded("search.ownRows", "20-60", "Recherche", "lignes parmi ses patients", "lignes"),
        Bounded("search.createdPerHour", "20-240", "Recherche", "identités créées par une personne", "identités par heure"),
        Bounded("relations.factsPerHour", "10-120", "Liens déclarés", "faits déclarés par une personne", "faits par heure"),
        Bounded("relations.staysPerHour", "20-240", "Liens déclarés", "séjours ouverts ou déplacés par une personne", "patients par heure"),
        Bounded("interfaces.ceilingPercent", "10-50", "Interfaces", "patients amenés dans les unités en un jour, part du plafond", "pour cent"),
        Bounded("interfaces.bedsTimes", "1-5", "Interfaces", "ou, s'il y en a plus, fois les lits", "fois"),
        Bounded("interfaces.bedsMore", "20-200", "Interfaces", "et tant de patients en plus des lits", "patients par jour"),
        Bounded("rules.quietMinutes", "5-240", "Alarmes", "silence d'une règle qui a sonné", "minutes"),
        Bounded("rules.filesPerMinute", "5-40", "Alarmes", "vitesse d'ouverture", "dossiers par minute"),
        Bounded("rules.chartsPerQuarter", "10-60", "Alarmes", "vitesse d'ouverture, sur la durée", "dossiers par quart d'heure"),
        Bounded("rules.copiedPerQuarter", "2-10", "Alarmes", "dossiers pris ensemble, plusieurs sortes de données", "dossiers par quart d'heure"),
        Bounded("rules.searchesPerMinute", "4-30", "Alarmes", "vitesse de recherche", "recherches par minute"),
        Bounded("rules.strangersPerDay", "2-15", "Alarmes", "patients sans lien demandés", "patients par jour"),
        Bounded("rules.pursuit", "3-20", "Alarmes", "dossiers demandés sans toucher", "dossiers"),
        Bounded("rules.walkSteps", "5-15", "Alarmes", "suite dans l'ordre (IPP, naissances, noms)", "pas"),
        Bounded("rules.walkMinutes", "15-480", "Alarmes", "durée où la suite est comptée", "minutes"),
        Bounded("rules.refusedVerbs", "2-10", "Alarmes", "opérations différentes refusées à une fonction", "opérations par jour"),
        Bounded("rules.refusedAsks", "5-100", "Alarmes", "refus à une fonction", "refus par jour"),
        Bounded("rules.habitDays", "3-28", "Alarmes", "jours d'usage avant de juger heure et poste", "jours"),
        Bounded("orphans.ringAfterDays", "15-90", "Comptes sans usage", "prévenir après", "jours"),
        Bounded("orphans.closeAfterDays", "30-365", "Comptes sans usage", "fermer après", "jours"),
        Bounded("honey.wanted", "1-50", "Dossiers témoins", "nombre voulu", "dossiers"),
        Bounded("locks.stationMinutes", "2-5", "Verrouillage", "sur un poste de service", "minutes"),
        Bounded("locks.elsewhereMinutes", "5-15", "Verrouillage", "ailleurs", "minutes"),
        Bounded("deadlines.reviewHours", "24-72", "Délais", "revue des ouvertures en urgence", "heures"),
    ];

    /// <summary>Pairs of which the first is never more than the second: a step that comes after the next one never comes.</summary>
    public static IReadOnlyList<(string Low, string High)> Ordered { get; } =
    [
        .. BudgetRows.SelectMany(row => new[] { ("note", "touch"), ("touch", "second"), ("unrelatedNote", "unrelatedTouch"), ("unrelatedTouch", "unrelatedSecond"), ("unrelatedSecond", "unrelated30Days"), ("touchEvery", "sinceTouch") }
            .Select(pair => ($"budgets.{row.Class}.{pair.Item1}", $"budgets.{row.Class}.{pair.Item2}"))),
        ("orphans.ringAfterDays", "orphans.closeAfterDays"),
        ("rules.refusedVerbs", "rules.refusedAsks"),
    ];

    public static PolicyRow? Of(string path) => All.FirstOrDefault(row => row.Path == path);

    private static PolicyRow Bounded(string path, string bounds, string section, string french, string unit)
    {
        var ends = bounds.Split('-').Select(end => int.Parse(end, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        return new PolicyRow(path, ends[0], ends[1], section, french, unit);
    }
}
