using System.Globalization;
using System.Text;
using CsCheck;
using Serment.Custodian.Identities;
using Xunit;

namespace Serment.Fast.Tests.Identities;

public sealed class NameSearchTests
{
    [Fact]
    public void Edits_counted_by_machine_words_are_those_counted_one_by_one() =>
        Gen.Select(Names.Surname, Names.Surname, Gen.Char['A', 'Z'].Array[0, 70].Select(c => new string(c))).Sample((a, b, c) =>
        {
            foreach (var (x, y) in new[] { (a, b), (b, a), (a, c), (a, Names.Slip(a, a.Length, b.Length, 'Q')) })
                Assert.Equal(OneByOne(Cut(x), Cut(y)), new EditPattern(Encoding.ASCII.GetBytes(x)).Distance(Encoding.ASCII.GetBytes(y)));
        });

    [Fact]
    public void Everyone_is_found_by_own_names_in_any_order_with_one_typo_and_the_birth_date() =>
        Gen.Select(Names.Person.Array[1, 40], Gen.Int[0, 100], Gen.Int[0, 100], Gen.Char['A', 'Z'], Gen.Bool).Sample((people, kind, where, letter, inverted) =>
        {
            using var registry = new Registry();
            registry.Shelve(people);
            foreach (var person in people)
            {
                var (name, given) = (person.Traits.BirthName, person.Traits.FirstGivenName);
                var words = name.Split(' ', '-', '\'');
                // A slip in the longest word, as it happens; particles are too short to be told from one another.
                var longest = words.MaxBy(w => w.Length)!;
                var slipped = name.Replace(longest, Names.Slip(longest, kind, where, letter), StringComparison.Ordinal);
                var typed = inverted ? $"{given} {slipped}" : $"{slipped} {given}";
                // « né le » before a date is read as such: a family NE whose child is called Lê is asked for without the date.
                if ($"{typed} ".Contains("NE LE ", StringComparison.Ordinal) || $"{typed} ".Contains("NEE LE ", StringComparison.Ordinal)) continue;
                foreach (var asked in new[] { $"{typed} {person.Traits.BirthDate.ToString("dd/MM/yyyy", CultureInfo.InvariantCulture)}", $"{person.Traits.BirthDate.ToString("ddMMyyyy", CultureInfo.InvariantCulture)} {typed}" })
                    Assert.True(registry.Find(asked).Contains(person.Id), $"“{asked}” does not find {name}, {given}");
                Assert.True(registry.Find(typed, within: [person.Id]).Contains(person.Id), $"“{typed}” does not find {name}, {given}");
            }
        }, iter: 100);

    [Fact]
    public void The_index_finds_exactly_whom_reading_everyone_would_find() =>
        Gen.Select(Names.Person.Array[1, 300], Names.Surname, Names.Given, Gen.Int[0, 6], Gen.Int[0, 20]).Sample((people, name, given, kind, where) =>
        {
            var table = new PeopleTable();
            var forms = new NameForms(new byte[NameForms.Letters], new NameForms.Form[NameForms.Most]);
            var index = new SearchIndex(table);
            foreach (var person in people.Take(people.Length / 2)) table.Put(person.Id, IdentityRow.Write(person));
            index.Build();
            foreach (var person in people.Skip(people.Length / 2)) index.Changed(table.Put(person.Id, IdentityRow.Write(person)).Person, isNew: true);
            // Some are renamed since: found under the new name, and no longer under the old one.
            for (var i = 0; i + 1 < people.Length; i += 3) index.Changed(table.Put(people[i].Id, IdentityRow.Write(people[i] with { Traits = people[i + 1].Traits })).Person, isNew: false);
            var someone = people[where % people.Length].Traits;
            var text = kind switch { 0 => name, 1 => $"{name} {given}", 2 => someone.BirthName, 3 => $"{someone.FirstGivenName} {someone.BirthName}", 4 => Names.Slip(someone.BirthName, where, where, 'E'), 5 => someone.BirthName[..Math.Min(2, someone.BirthName.Length)], _ => $"{someone.BirthName.Replace(" ", "", StringComparison.Ordinal)} {given}" };
            if (NameQuery.Of(text, few: false) is not { } query) return;
            var wanted = new List<int>();
            for (var person = 0; person < table.Count; person++)
            {
                forms.Take(table.Row(person));
                if (query.Cost(forms) != NameQuery.NoMatch) wanted.Add(person);
            }
            var (found, total) = index.Find(query, 1000);
            Assert.Equal(wanted, found.Order());
            Assert.Equal(wanted.Count, total);
        }, iter: 300);

    [Theory]
    [InlineData("LE GOFF", "LEGOFF")]
    [InlineData("LEGOFF", "le goff")]
    [InlineData("DE LA FONTAINE", "Fontaine")]
    [InlineData("DE LA FONTAINE", "delafontaine")]
    [InlineData("LEFEVRE", "Lefèvre")]
    [InlineData("DUPONT-MARTIN", "martin dupont")]
    [InlineData("DUPONT-MARTIN", "dupontmartin")]
    [InlineData("D'ORMESSON", "d’ormesson")]
    [InlineData("D'ORMESSON", "ormeson")]
    [InlineData("LI", "li")]
    public void French_names_are_found_as_people_write_them(string name, string typed)
    {
        using var registry = new Registry();
        var line = registry.Create(name, "Anne-Marie", "1951-02-03");
        registry.Create("AUTRE", "PERSONNE", "1951-02-03");
        foreach (var text in new[] { $"{typed} 3/2/51", $"Anne {typed} 03.02.1951", $"{typed} annemarie née le 3 février 1951", $"1951-02-03 {typed} ann" })
            Assert.Equal([line.Patient], registry.Find(text));
    }

    [Theory]
    [InlineData("03/02/1951")]
    [InlineData("3-2-51")]
    [InlineData("3.2.1951")]
    [InlineData("03 02 1951")]
    [InlineData("03021951")]
    [InlineData("1951-02-03")]
    [InlineData("3 février 1951")]
    [InlineData("3 fév. 1951")]
    [InlineData("née le 3 fev 1951")]
    public void A_birth_date_is_read_in_any_usual_form(string typed)
    {
        var asked = IdentityRegistry.Understand(typed, new DateOnly(2026, 3, 14));
        Assert.Equal(new DateOnly(1951, 2, 3), asked.Date);
        Assert.Null(NameQuery.Of(asked.Names, few: true));
    }

    [Fact]
    public void A_two_digit_year_is_never_in_the_future() =>
        Assert.Equal(new DateOnly(1927, 2, 3), IdentityRegistry.Understand("3/2/27", new DateOnly(2026, 3, 14)).Date);

    [Fact]
    public void An_ipp_and_a_matricule_find_one_person()
    {
        using var registry = new Registry();
        registry.Create("AUTRE", "PERSONNE", "1951-02-03");
        var line = registry.Create("DURAND", "PAUL", "1979-03-01", matricule: "279035121518989");
        Assert.Equal([line.Patient], registry.Find(line.Ipp));
        Assert.Equal([line.Patient], registry.Find("2 79 03 51 215 189 89"));
        Assert.Empty(registry.Find("000000777"));
    }

    [Fact]
    public void The_exact_name_comes_before_the_near_ones()
    {
        using var registry = new Registry();
        foreach (var name in new[] { "MARTINEZ", "MARTIN", "MARTINE", "MARTEN" }) registry.Create(name, "PAUL", "1951-02-03");
        var found = registry.Identities.Search(IdentityRegistry.Understand("martin paul", default), null).Found;
        Assert.Equal(["MARTIN", "MARTINE", "MARTINEZ", "MARTEN"], found.Select(p => p.Traits.BirthName));
    }

    private static string Cut(string text) => text.Length > 64 ? text[..64] : text;

    private static int OneByOne(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
            for (var j = 1; j <= b.Length; j++)
            {
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        return d[a.Length, b.Length];
    }
}
