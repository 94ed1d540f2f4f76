using System.Text;

namespace Serment.Custodian.Identities;

internal sealed partial class IdentityRegistry
{
    private static readonly string[] Spelling = ["ANATOLE", "BERTHE", "CELESTIN", "DESIRE", "EUGENE", "FRANCOIS", "GASTON", "HENRI", "IRMA", "JOSEPH", "KLEBER", "LOUIS", "MARCEL", "NICOLAS", "OSCAR", "PIERRE", "QUINTAL", "RAOUL", "SUZANNE", "THERESE", "URSULE", "VICTOR", "WILLIAM", "XAVIER", "YVONNE", "ZOE"];
    private static readonly string[] Ranks = ["UN", "DEUX", "TROIS", "QUATRE", "CINQ", "SIX", "SEPT", "HUIT"];
    /// <summary>Of one person: her file opens under all of them at once.</summary>
    private const int MostIds = 8;
    private const string UnknownName = "INCONNU", UnnamedChild = "BEBE";

    /// <summary>
    /// Someone unknown. Two words of the spelling alphabet tell several of one night apart, aloud and in writing; the birth
    /// date is 31 December of the year that the apparent age makes likely (RNIV: neither day nor month known).
    /// </summary>
    public IdentityLine CreateUnknown(CreateUnknown ask, AccountId by, DateTimeOffset now)
    {
        if (ask.ApparentAge is < 0 or > 120) throw Invalid("Âge apparent : de 0 à 120 ans.");
        lock (_changing)
        {
            var book = Opened();
            var ipp = book.LastIpp + 1;
            var name = $"{Spelling[ipp / 26 % 26]} {Spelling[ipp % 26]}";
            var born = new DateOnly(ClinicalTime.Day(now).Year - ask.ApparentAge - 1, 12, 31);
            var identity = new Identity { Id = Id.New<PatientId>(), Ipp = ipp, Traits = new IdentityTraits(UnknownName, name, null, born, ask.Sex, TraitRules.UnknownPlace), Status = IdentityStatus.Provisional, Doubtful = true };
            Keep(book, identity, new IdentityChange(now, by, "created", "Patient inconnu à l'arrivée"));
            return identity.Line;
        }
    }

    /// <summary>Children of one birth, under their mother's birth name until theirs is declared, numbered when there are several.</summary>
    public IReadOnlyList<IdentityLine> CreateNewborns(CreateNewborns ask, AccountId by, DateTimeOffset now)
    {
        if (ask.Children.Count is 0 or > 8) throw Invalid("Une naissance compte de 1 à 8 enfants.");
        if (ask.BirthDate > ClinicalTime.Day(now) || ask.BirthDate < ClinicalTime.Day(now).AddDays(-60)) throw Invalid("Date de naissance d'un nouveau-né : dans les 60 derniers jours. Au-delà, créez une identité ordinaire.");
        lock (_changing)
        {
            var book = Opened();
            var mother = Of(AliasesOf(ask.Mother)[0]);
            if (mother.Traits.Sex is Sex.Male) throw Invalid("La mère désignée est de sexe masculin : vérifiez le dossier choisi.");
            var before = Reading(() => book.Index.BornOn(ask.BirthDate.DayNumber).Select(book.People.Read).Count(child => child.Mother is { } own && _aliases.Of(own)[0] == mother.Id));
            if (before + ask.Children.Count > Ranks.Length) throw Invalid("Une naissance compte de 1 à 8 enfants.");
            var several = before + ask.Children.Count > 1;
            var children = ask.Children.Select((child, i) => new Identity
            {
                Id = Id.New<PatientId>(),
                Ipp = book.LastIpp + 1 + i,
                Traits = TraitRules.Strict(new IdentityTraits(mother.Traits.BirthName, child.GivenName is { Length: > 0 } given ? given : several ? $"{UnnamedChild} {Ranks[before + i]}" : UnnamedChild, null, ask.BirthDate, child.Sex, ask.BirthPlace), demonstration, ClinicalTime.Day(now)),
                Status = IdentityStatus.Provisional,
                Mother = mother.Id,
                BirthRank = before + i + 1,
            }).ToArray();
            foreach (var child in children) TraitRules.Stood(child.Traits, child.Status, places?.Invoke());
            foreach (var child in children) Keep(book, child, new IdentityChange(now, by, "created", "Naissance"));
            return [.. children.Select(child => child.Line)];
        }
    }

    /// <summary>Children of that mother born since; none while identities load, and none of who bears none.</summary>
    public IReadOnlyList<PatientId> ChildrenOf(PatientId mother, DateOnly since, DateTimeOffset now) => Reading<IReadOnlyList<PatientId>>(() =>
    {
        if (_book is not { } book || Find(mother) is not { } woman || woman.Traits.Sex is Sex.Male || ClinicalTime.Day(now).Year - woman.Traits.BirthDate.Year is < 9 or > 65) return [];
        var days = Enumerable.Range(since.DayNumber, ClinicalTime.Day(now).DayNumber - since.DayNumber + 1);
        return [.. days.SelectMany(book.Index.BornOn).Select(book.People.Read).Where(child => child.Mother is { } own && _aliases.Of(own)[0] == mother).Select(child => child.Id)];
    });

    /// <summary>Other traits, another status, or both. Trust above "provisoire" lifts the doubt; a fictitious identity never gets it.</summary>
    public IdentityLine Correct(CorrectIdentity ask, AccountId by, DateTimeOffset now) => Change(ask.Patient, "corrected", ask.Reason, by, now, (book, identity) =>
    {
        var traits = TraitRules.Strict(ask.Traits, demonstration, ClinicalTime.Day(now));
        // An old code does not stand in the way of correcting a name.
        if ((traits.BirthPlace, traits.BirthDate) != (identity.Traits.BirthPlace, identity.Traits.BirthDate)) TraitRules.Stood(traits, ask.Status, places?.Invoke());
        if (Bearer(book, traits.Matricule) is { } bearer && bearer.Id != identity.Id && TraitRules.KeyHolds(traits.Matricule!))
            throw new RefusedException(RefusalCodes.Conflict, "Ce matricule INS est déjà celui d'une autre identité : vérifiez-le, ou fusionnez les deux identités.");
        return identity with { Traits = traits, Status = ask.Status, Doubtful = identity.Doubtful && ask.Status is IdentityStatus.Provisional };
    });

    /// <summary>Doubtful and fictitious identities lose their matricule; the history keeps it.</summary>
    public IdentityLine Mark(MarkIdentity ask, AccountId by, DateTimeOffset now) => Change(ask.Patient, "marked", ask.Reason, by, now, (_, identity) => identity with
    {
        Doubtful = ask.Doubtful,
        Homonym = ask.Homonym,
        Fictitious = ask.Fictitious,
        Traits = ask.Doubtful || ask.Fictitious ? identity.Traits with { Matricule = null, MatriculeOid = null } : identity.Traits,
    });

    public IdentityLine Protect(ProtectIdentity ask, AccountId by, DateTimeOffset now) =>
        Change(ask.Patient, ask.Secret ? "secrecy" : "secrecy-lifted", ask.Reason, by, now, (_, identity) => identity with { Secret = ask.Secret });

    /// <summary>Nothing is re-keyed: the absorbed id becomes an alias. Refused when two qualified matricules say that they are two people.</summary>
    public IdentityLine Merge(MergeIdentities ask, AccountId by, DateTimeOffset now)
    {
        var reason = Reason(ask.Reason);
        lock (_changing)
        {
            var (kept, absorbed) = (Of(ask.Kept), Of(ask.Absorbed));
            if (kept.Id == absorbed.Id) throw Invalid("On ne fusionne pas une identité avec elle-même.");
            if (Reading(() => _aliases.Into(kept.Id) ?? _aliases.Into(absorbed.Id)) is not null) throw new RefusedException(RefusalCodes.Conflict, "Une de ces identités est déjà fusionnée : ouvrez le dossier auquel elle appartient.");
            if (kept.Status is IdentityStatus.Qualified && absorbed.Status is IdentityStatus.Qualified && kept.Traits.Matricule != absorbed.Traits.Matricule)
                throw new RefusedException(RefusalCodes.Conflict, "Deux identités qualifiées de matricules différents sont deux personnes. Corrigez d'abord celle qui est fausse.");
            if (AliasesOf(kept.Id).Count + AliasesOf(absorbed.Id).Count > MostIds) throw new RefusedException(RefusalCodes.Conflict, $"Plus de {MostIds} identités pour une personne : vérifiez celles qui sont déjà rapprochées.");
            if (kept.Fictitious != absorbed.Fictitious) throw Invalid("Une identité fictive ne se fusionne qu'avec une autre identité fictive.");
            // A secret outlives the merge, whichever of the two asked for it; the team lifts it.
            var person = absorbed.Secret ? kept with { Secret = true } : kept;
            if (person != kept) Keep(Opened(), person, new IdentityChange(now, by, "secrecy", reason, null, kept.Status));
            Alias(absorbed.Id, kept.Id, new IdentityChange(now, by, "merged", reason));
            return person.Line;
        }
    }

    public IdentityLine Unmerge(UnmergeIdentities ask, AccountId by, DateTimeOffset now)
    {
        var reason = Reason(ask.Reason);
        lock (_changing)
        {
            var absorbed = Of(ask.Absorbed);
            if (Reading(() => _aliases.Into(absorbed.Id)) is null) throw new RefusedException(RefusalCodes.Conflict, "Cette identité n'est pas fusionnée.");
            Alias(absorbed.Id, null, new IdentityChange(now, by, "unmerged", reason));
            return absorbed.Line;
        }
    }

    /// <summary>Merged into this id directly, each of which can be taken apart.</summary>
    public IReadOnlyList<PatientId> Absorbed(PatientId patient) => Reading(() => _aliases.Absorbed(patient));

    private void Alias(PatientId absorbed, PatientId? kept, IdentityChange change)
    {
        var id = absorbed.ToString()!;
        (string, string, byte[])[] writes = [(AliasKind, id, kept is { } into ? Id.Bytes(into) : []), (HistoryKind, id, Steps(absorbed, change))];
        shelf.Put(kept is { } other ? [.. writes, (HistoryKind, other.ToString()!, Steps(other, change))] : writes);
        _lock.EnterWriteLock();
        try { _aliases.Set(absorbed, kept); }
        finally { _lock.ExitWriteLock(); }
    }

    /// <summary>Whoever was merged into another is that other: what is done to him is done to the person who is left.</summary>
    private IdentityLine Change(PatientId patient, string what, string given, AccountId by, DateTimeOffset now, Func<Book, Identity, Identity> change)
    {
        var reason = Reason(given);
        lock (_changing)
        {
            var (book, before) = (Opened(), Of(AliasesOf(patient)[0]));
            var after = change(book, before);
            TraitRules.Coherent(after);
            Keep(book, after, new IdentityChange(now, by, what, reason, before.Traits == after.Traits ? null : before.Traits, before.Status));
            return after.Line;
        }
    }

    private static string Reason(string given) => given.Trim() is { Length: >= 3 and <= 500 } reason ? reason : throw Invalid("Indiquez le motif en quelques mots.");
}
