using Serment.Records.History;
using Serment.Records.Notes;
using Serment.Records.Observations;

namespace Serment.Server.Demonstration;

/// <summary>A reason for a stay and what one would read about it: invented, plausible, short.</summary>
/// <param name="Shift">How far from health the vital signs start; they drift back to normal.</param>
internal sealed record Story(string Unit, int Youngest, int Oldest, string Problem, string Code, decimal Shift, string Entry, string[] Course, (string Target, string Data, string Action, string Outcome)[] Nursing, Sex? Sex = null);

internal static class InventedCare
{
    private static readonly (string, string, string, string) Pain = ("Douleur", "EVA 6 au repos, se plaint à la mobilisation.", "Antalgique donné selon prescription, installation confort.", "EVA 2 à une heure.");
    private static readonly (string, string, string, string) Fall = ("Risque de chute", "Se lève seul la nuit, marche instable.", "Barrières à la demande, sonnette à portée, veilleuse.", "Pas de chute. Réévaluer demain.");
    private static readonly (string, string, string, string) Family = ("Famille", "La fille a appelé, souhaite parler au médecin.", "Rendez-vous proposé demain 15 h.", "Famille informée.");
    private static readonly (string, string, string, string) Skin = ("État cutané", "Rougeur talon droit, ne blanchit pas.", "Décharge du talon, changement de position toutes les 3 h.", "Stable ce matin.");
    private static readonly (string, string, string, string) Line = ("Voie veineuse", "Cathéter avant-bras gauche, J2, point de ponction propre.", "Pansement refait.", "Perfusion passe bien.");

    public static IReadOnlyList<Story> Stories { get; } =
    [
        new("Médecine polyvalente", 55, 94, "Pneumopathie communautaire", "J18.9", 1.0m, "Toux grasse et fièvre depuis 4 jours, crépitants base droite. Radio : foyer lobaire inférieur droit. Antibiothérapie débutée aux urgences.", ["Apyrexie depuis la nuit. Oxygène diminué à 1 L. Kinésithérapie respiratoire.", "Sevrage de l'oxygène. Relais oral. Sortie envisagée si stable 24 h."], [Line, Fall]),
        new("Médecine polyvalente", 45, 90, "Décompensation de diabète de type 2", "E11.9", 0.3m, "Hyperglycémies répétées > 3 g/L, polyurie. Pas de cétose. Reprise du schéma d'insuline.", ["Glycémies entre 1,4 et 2,1. Éducation à l'injection commencée.", "Schéma stabilisé, diététicienne vue."], [Family, Line]),
        new("Médecine polyvalente", 60, 96, "Pyélonéphrite aiguë", "N10", 0.9m, "Fièvre à 39,2 et douleur lombaire gauche. ECBU prélevé, hémocultures. Échographie : pas de dilatation.", ["Apyrétique, ECBU : E. coli sensible. Relais per os prévu."], [Pain]),
        new("Cardiologie", 58, 93, "Insuffisance cardiaque décompensée", "I50.9", 0.8m, "Dyspnée d'effort croissante, prise de 5 kg, œdèmes des membres inférieurs. NT-proBNP élevé. Diurétique intraveineux.", ["Perte de 2,4 kg, diurèse conservée. Créatinine stable. Poursuite.", "Œdèmes en nette régression. Passage per os demain."], [Family, Fall]),
        new("Cardiologie", 48, 85, "Syndrome coronarien aigu sans élévation ST", "I21.4", 0.5m, "Douleur thoracique constrictive de 40 min cette nuit. Troponine positive. Coronarographie programmée.", ["Coronarographie : stent actif IVA moyenne. Suites simples.", "Pas de récidive douloureuse. Réadaptation proposée."], [Line]),
        new("Cardiologie", 62, 90, "Fibrillation atriale", "I48.9", 0.6m, "Palpitations, fréquence à 140/min à l'arrivée. Anticoagulation débutée, ralentie par bêtabloquant.", ["Fréquence contrôlée à 82/min. Échographie : FEVG 55 %."], [Line]),
        new("Urgences – UHCD", 18, 92, "Traumatisme crânien léger", "S06.0", 0.2m, "Chute de sa hauteur avec perte de connaissance brève. Scanner normal. Surveillance neurologique 12 h.", ["Glasgow 15, pas de vomissement. Sortie avec consignes si nuit calme."], [Pain]),
        new("Urgences – UHCD", 20, 80, "Douleur abdominale", "R10.4", 0.4m, "Douleur de la fosse iliaque droite depuis ce matin. Abdomen souple. Bilan en cours, avis chirurgical demandé.", ["Scanner : appendice fin, iléite probable. Surveillance."], [Pain, Line]),
        new("Réanimation", 50, 84, "Choc septique à point de départ pulmonaire", "R57.2", 1.6m, "Intubé aux urgences. Noradrénaline 0,4 µg/kg/min. Antibiothérapie large.", ["Noradrénaline 0,15. Lactates 1,8. Ventilation en aide.", "Sevrage des amines. Test de ventilation spontanée demain."], [Skin, Line]),
        new("Réanimation", 35, 80, "Polytraumatisme", "T07", 1.2m, "Accident de la voie publique. Fractures costales, contusion pulmonaire, fracture du bassin fixée.", ["Extubé hier. Analgésie péridurale efficace."], [Pain, Skin]),
        new("Chirurgie orthopédique", 68, 95, "Fracture du col du fémur", "S72.0", 0.4m, "Chute à domicile. Prothèse intermédiaire droite ce matin, bloc sans incident.", ["J1 : lever au fauteuil. Hémoglobine 9,8. Douleur contrôlée.", "J2 : marche 10 m avec déambulateur. SSR demandé."], [Pain, Skin, Fall]),
        new("Chirurgie orthopédique", 55, 82, "Gonarthrose, prothèse totale de genou", "M17.1", 0.3m, "Prothèse totale de genou gauche programmée, récupération améliorée.", ["Flexion 80°. Marche avec cannes. Sortie J3 prévue."], [Pain]),
        new("Chirurgie digestive", 40, 88, "Cholécystite aiguë", "K81.0", 0.7m, "Murphy positif, fièvre 38,4. Échographie : paroi épaissie. Cœlioscopie ce jour.", ["Suites simples, gaz à J1, reprise alimentaire.", "Drain retiré. Sortie demain."], [Pain, Line]),
        new("Chirurgie digestive", 58, 86, "Adénocarcinome du côlon sigmoïde", "C18.7", 0.4m, "Sigmoïdectomie par cœlioscopie programmée. Consultation d'annonce faite.", ["J1 : abdomen souple, lever fait. Reprise des boissons.", "J3 : transit repris. Anatomopathologie en attente, RCP jeudi."], [Pain, Family]),
        new("Ambulatoire", 25, 78, "Cataracte, œil gauche", "H25.9", 0.1m, "Phacoémulsification programmée sous anesthésie topique. À jeun.", ["Bloc sans incident. Collation prise."], []),
        new("Ambulatoire", 30, 70, "Hernie inguinale", "K40.9", 0.1m, "Cure de hernie inguinale droite par cœlioscopie. Accompagnant joint.", ["Réveil calme, EVA 2. Sortie à 17 h."], [Pain]),
        new("Gériatrie", 82, 101, "Syndrome confusionnel", "F05.9", 0.5m, "Confusion depuis 3 jours, adressée par l'EHPAD. Globe vésical sondé. Bilan infectieux en cours.", ["Plus calme, sommeil repris. Fécalome évacué.", "Orientée par moments. Retour en EHPAD à prévoir."], [Fall, Skin, Family]),
        new("Gériatrie", 78, 98, "Dénutrition sévère", "E43", 0.2m, "Perte de 8 kg en 4 mois, albumine 26. Enrichissement et compléments.", ["Mange la moitié des plateaux. Compléments pris.", "Poids + 0,6 kg. Kiné de renforcement."], [Skin, Fall]),
        new("Maternité", 21, 41, "Accouchement voie basse, suites simples", "O80.0", 0.1m, "G2P2, accouchement à 39 SA + 4, périnée intact. Allaitement maternel.", ["Globe utérin tonique, lochies normales. Allaitement bien parti.", "Sortie J3 avec sage-femme libérale."], [("Allaitement", "Mise au sein difficile à gauche.", "Accompagnement, position ballon de rugby.", "Tétée efficace 15 min.")], Sex.Female),
        new("Maternité", 24, 42, "Césarienne programmée", "O82.0", 0.3m, "Utérus bicicatriciel, césarienne à 39 SA. Pertes 500 mL.", ["J1 : lever fait, sonde retirée. Douleur contrôlée."], [Pain], Sex.Female),
    ];

    private static readonly string[] Substances = ["Pénicilline", "Amoxicilline", "Iode (produit de contraste)", "Latex", "Codéine", "Aspirine", "Arachide", "Sparadrap"];
    private static readonly (string Label, string Code)[] Past =
    [
        ("Hypertension artérielle", "I10"), ("Diabète de type 2", "E11.9"), ("Bronchopneumopathie chronique obstructive", "J44.9"), ("Asthme", "J45.9"), ("Appendicectomie", "Z90.4"), ("Hypothyroïdie", "E03.9"), ("Infarctus du myocarde ancien", "I25.2"),
        ("Maladie rénale chronique, stade 3", "N18.3"), ("Tabagisme", "F17.2"), ("Épisode dépressif", "F32.9"), ("Arthrose", "M19.9"), ("Dyslipidémie", "E78.5"), ("Cancer du sein traité", "Z85.3"), ("Adénome de la prostate", "N40"),
    ];

    public static Allergy? AllergyOf(SeededChoice choose) => choose.Below(10) switch
    {
        < 2 => null,
        < 7 => new Allergy(null, null, null, NoneKnown: true),
        _ => new Allergy(choose.Of(Substances), choose.Of(["Urticaire", "Œdème de Quincke", "Éruption", "Bronchospasme"]), choose.Of(["mild", "moderate", "severe"])),
    };

    public static IEnumerable<Problem> PastOf(SeededChoice choose, int age, int year)
    {
        var count = Math.Clamp(age / 25 + choose.Between(-1, 1), 0, 4);
        var first = choose.Below(Past.Length);
        for (var i = 0; i < count; i++)
        {
            var (label, code) = Past[(first + i * 3) % Past.Length];
            yield return new Problem(label, code, Active: i == 0, new DateOnly(year - choose.Between(2, Math.Max(3, age / 3)), 1, 1));
        }
    }

    /// <summary>Vital signs some way through a stay: <paramref name="progress"/> from 0 (admission) to 1 (well).</summary>
    public static VitalSet Vitals(SeededChoice choose, decimal shift, decimal progress)
    {
        var ill = shift * (1 - progress);
        return new VitalSet(
        [
            One(VitalSign.Systolic, 128 - 14 * ill + choose.Around(0, 14)),
            One(VitalSign.Diastolic, 74 - 8 * ill + choose.Around(0, 9)),
            One(VitalSign.Pulse, 74 + 24 * ill + choose.Around(0, 8)),
            One(VitalSign.Temperature, 36.8m + 1.7m * ill + choose.Around(0, 0.35m)),
            One(VitalSign.Saturation, Math.Min(100, 97 - 5 * ill + choose.Around(0, 1.6m))),
            One(VitalSign.Respiration, 15 + 8 * ill + choose.Around(0, 2)),
            One(VitalSign.Pain, Math.Clamp(1 + 4 * ill + choose.Around(0, 1.8m), 0, 10)),
        ]);
    }

    private static Measure One(VitalSign sign, decimal value) => new(sign.Loinc, decimal.Round(Math.Clamp(value, sign.Minimum, sign.Maximum), sign.Decimals), sign.Unit);

    public static Note Transmission((string Target, string Data, string Action, string Outcome) t) => new("nursing", t.Data, t.Target, t.Action, t.Outcome);
}
