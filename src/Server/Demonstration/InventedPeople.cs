using Serment.Records.Administrative;

namespace Serment.Server.Demonstration;

/// <summary>Invented patients: plausible French names by generation, invented addresses, phone numbers from the ranges that Arcep keeps for fiction.</summary>
internal static class InventedPeople
{
    private static readonly string[] Family =
    [
        "Abadie", "Allard", "Andrieu", "Arnoux", "Astruc", "Baillet", "Barbier", "Baron", "Bazin", "Bellec", "Benali", "Bertin", "Besson", "Blondel", "Bodin", "Bonnard", "Boucher", "Bourgoin", "Bousquet", "Breton", "Briand", "Brunel",
        "Cadet", "Camus", "Carlier", "Caron", "Castel", "Cazenave", "Chabert", "Charpentier", "Chauvin", "Chevallier", "Cloarec", "Colin", "Cordier", "Coste", "Coulibaly", "Courtois", "Crépin", "Da Silva", "Daniel", "de La Fontenelle", "Delaunay", "Delorme",
        "Demange", "Derrien", "Deschamps", "Diallo", "Diarra", "Didier", "Drouet", "Dubreuil", "Ducasse", "Dufour", "Dumoulin", "Durieux", "El Amrani", "Estève", "Étienne", "Fabre", "Faucher", "Ferrand", "Ferreira", "Flament", "Fleury", "Fontaine", "Fournel",
        "Gaillard", "Garnier", "Gauthier", "Geffroy", "Gilbert", "Godard", "Gomes", "Goncalves", "Grandjean", "Granger", "Guillaume", "Guillot", "Haddad", "Hamel", "Hamon", "Hervé", "Hoarau", "Huet", "Humbert", "Imbert", "Jacquet", "Joly", "Jourdain", "Julien",
        "Kaci", "Keller", "Kieffer", "Klein", "L'Hostis", "Labbé", "Lacroix", "Lambert", "Laporte", "Lavigne", "Le Bihan", "Le Gall", "Le Goff", "Lebrun", "Leclercq", "Ledoux", "Lefort", "Legrand", "Lemaire", "Lemoine", "Leroux", "Leveque", "Lopes", "Loubet", "Lucas",
        "Mahé", "Maillot", "Mallet", "Marchal", "Maréchal", "Marin", "Martel", "Marty", "Masson", "Maurel", "Menard", "Mercier", "Meunier", "Michaud", "Millet", "Monnier", "Moreau", "Morel", "Morvan", "Muller", "N'Guyen", "Naudin", "Noël", "Ollivier", "Pasquier", "Payet",
        "Pelletier", "Pereira", "Perrin", "Picard", "Pichon", "Poirier", "Pons", "Poulain", "Prigent", "Prévost", "Pujol", "Raymond", "Renaud", "Rey", "Riou", "Rivière", "Robin", "Rocher", "Rolland", "Roux", "Royer", "Salmon", "Sanchez", "Saunier", "Schmitt", "Schneider",
        "Seguin", "Simonet", "Tanguy", "Tessier", "Texier", "Thibault", "Tissot", "Tournier", "Traoré", "Vallet", "Valentin", "Vasseur", "Verdier", "Vidal", "Vigneron", "Villeneuve", "Voisin", "Wagner", "Weiss", "Zimmermann",
    ];

    private static readonly (int Before, string[] Women, string[] Men)[] Given =
    [
        (1945, ["Jeanne", "Marie-Louise", "Simone", "Yvette", "Paulette", "Denise", "Lucienne", "Odette", "Ginette", "Madeleine", "Huguette", "Suzanne"], ["André", "Marcel", "Roger", "Raymond", "Lucien", "Georges", "Henri", "Maurice", "Fernand", "Robert", "René", "Émile"]),
        (1965, ["Monique", "Nicole", "Françoise", "Martine", "Annie", "Chantal", "Sylvie", "Brigitte", "Michèle", "Danielle", "Josiane", "Évelyne", "Fatima"], ["Michel", "Alain", "Gérard", "Patrick", "Bernard", "Christian", "Daniel", "Jean-Pierre", "Jean-Claude", "Philippe", "Serge", "Didier", "Mohamed"]),
        (1985, ["Nathalie", "Isabelle", "Sandrine", "Stéphanie", "Valérie", "Céline", "Karine", "Sophie", "Delphine", "Virginie", "Samira", "Aurélie"], ["Christophe", "Stéphane", "Laurent", "Nicolas", "Sébastien", "David", "Frédéric", "Olivier", "Cédric", "Jérôme", "Rachid", "Fabrice"]),
        (2005, ["Léa", "Manon", "Chloé", "Camille", "Marion", "Pauline", "Mathilde", "Anaïs", "Laura", "Sarah", "Yasmine", "Clara"], ["Thomas", "Alexandre", "Maxime", "Kevin", "Antoine", "Julien", "Quentin", "Romain", "Valentin", "Mehdi", "Hugo", "Théo"]),
        (2100, ["Jade", "Louise", "Emma", "Alba", "Ambre", "Rose", "Inaya", "Romy", "Alma", "Lina", "Mia", "Zoé"], ["Gabriel", "Léo", "Raphaël", "Maël", "Noah", "Jules", "Isaac", "Adam", "Sacha", "Ismaël", "Eden", "Malo"]),
    ];

    private static readonly (string City, string Postal, string Cog)[] Towns =
    [
        ("Nantes", "44000", "44109"), ("Rennes", "35000", "35238"), ("Angers", "49000", "49007"), ("Tours", "37000", "37261"), ("Le Mans", "72000", "72181"), ("Poitiers", "86000", "86194"), ("La Rochelle", "17000", "17300"), ("Cholet", "49300", "49099"),
        ("Saumur", "49400", "49328"), ("Vannes", "56000", "56260"), ("Lorient", "56100", "56121"), ("Quimper", "29000", "29232"), ("Laval", "53000", "53130"), ("Niort", "79000", "79191"), ("Ajaccio", "20000", "2A004"), ("Bastia", "20200", "2B033"),
    ];

    private static readonly string[] Streets = ["rue des Lilas", "rue du Moulin", "allée des Tilleuls", "rue Jean-Jaurès", "place de l'Église", "chemin des Vignes", "rue Pasteur", "impasse des Cerisiers", "avenue de la Gare", "rue de la Fontaine", "rue Victor-Hugo", "route de la Mer"];
    private static readonly string[] Kin = ["fille", "sœur", "belle-fille", "nièce", "voisine", "amie"];

    public static IdentityTraits Traits(SeededChoice choose, DateOnly today, int youngest, int oldest, Sex? wanted = null)
    {
        var age = choose.Between(youngest, oldest);
        var birth = today.AddDays(-365 * age - choose.Below(365));
        var sex = wanted ?? (choose.Chance(52) ? Sex.Female : Sex.Male);
        var generation = Given.First(g => birth.Year < g.Before);
        var names = sex is Sex.Female ? generation.Women : generation.Men;
        var first = choose.Of(names);
        var town = choose.Of(Towns);
        var used = sex is Sex.Female && age > 28 && choose.Chance(55) ? choose.Of(Family) : null;
        return new IdentityTraits(choose.Of(Family), first, choose.Chance(60) ? $"{first} {choose.Of(names)}" : first, birth, sex, town.Cog, used);
    }

    public static AdministrativeFile File(SeededChoice choose, IdentityTraits who)
    {
        var town = choose.Of(Towns);
        var kin = who.Sex is Sex.Male && choose.Chance(50) ? "épouse" : choose.Of(Kin);
        return new AdministrativeFile
        {
            Address = $"{choose.Between(1, 180)} {choose.Of(Streets)}",
            PostalCode = town.Postal,
            City = town.City,
            Mobile = $"+3363998{choose.Between(0, 9999):D4}",
            Phone = choose.Chance(40) ? $"+3326191{choose.Between(0, 9999):D4}" : null,
            Email = choose.Chance(50) ? $"patient{choose.Between(1000, 9999)}@exemple.test" : null,
            TrustedPerson = new Contact($"{choose.Of(Given[choose.Between(1, 3)].Women)} {who.BirthName}", kin, $"+3363998{choose.Between(0, 9999):D4}"),
            GeneralPractitioner = $"Dr {choose.Of(Family)}, {town.City}",
        };
    }
}
