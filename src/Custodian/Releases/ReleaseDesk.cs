using Serment.Custodian.Accounts;
using Serment.Custodian.Budgets;
using Serment.Custodian.Journal;
using Serment.Custodian.Keys;
using Serment.Custodian.Relations;

namespace Serment.Custodian.Releases;

/// <summary>Who asks, once signature, session, replay window and locks have been checked.</summary>
internal sealed record Caller(AccountId Account, Role Role, IReadOnlyCollection<UnitId> Units, SessionId Session, StationId? Station, DateTimeOffset TouchedAt, DateTimeOffset PinAt);

/// <summary>
/// The only way to plaintext. Order of every release: role × domain → relation, glass → budget → spent →
/// journal durable → keys derived → lease. Nothing is derived before its entry is on disk.
/// </summary>
internal sealed class ReleaseDesk(KeyTree keys, RelationBook relations, BudgetLedger budgets, Func<IReadOnlyList<JournalEntry>, ValueTask> journal, Func<PatientId, IReadOnlyList<PatientId>> aliasesOf, Func<PatientId, bool> exists, Lock gate)
{
    public static readonly TimeSpan LeaseLife = TimeSpan.FromMinutes(15);
    private const int MaximumPatients = 300;
    private static readonly TimeSpan FreshTouch = TimeSpan.FromMinutes(2);

    public async ValueTask<Lease> ReleaseAsync(Caller caller, ReleaseKeys ask, DateTimeOffset now)
    {
        if (ask.Patients.Count is 0 or > MaximumPatients) throw new RefusedException(RefusalCodes.Invalid, $"Une demande porte sur 1 à {MaximumPatients} patients.");
        if (ask.Domains.Count is 0 or > 6 || ask.Domains.Contains(Domain.Identity)) throw new RefusedException(RefusalCodes.Invalid, "Domaine demandé inconnu.");
        if (ask.Purpose.Length > 40) throw new RefusedException(RefusalCodes.Invalid, "Motif trop long.");
        foreach (var domain in ask.Domains)
            if (!(ask.Write ? RoleAccess.MayWrite(caller.Role, domain) : RoleAccess.MayRead(caller.Role, domain)))
                throw new RefusedException(RefusalCodes.Role, "Votre fonction n'ouvre pas ce type de données. Un collègue du service qui y a droit peut vous répondre.");

        var decisions = new (IReadOnlyList<PatientId> Aliases, Ground? Ground, Refusal? Refusal)[ask.Patients.Count];
        var entries = new List<JournalEntry>();
        var noted = false;
        lock (gate)
            for (var i = 0; i < ask.Patients.Count; i++)
            {
                decisions[i] = Decide(caller, ask.Patients[i], ask.Domains, now, ref noted);
                if (decisions[i].Refusal is null)
                    foreach (var domain in ask.Domains)
                        entries.Add(Entry(caller, ask.Write ? "write" : "release", ask.Patients[i], domain, ask.Purpose, decisions[i].Ground!, now));
            }
        // A chart of one patient that is refused is a refusal, not an empty lease.
        if (ask.Patients.Count == 1 && decisions[0].Refusal is { } no) throw new RefusedException(no);
        if (entries.Count > 0) await journal(entries).ConfigureAwait(false);

        var released = new ReleasedPatient[decisions.Length];
        for (var i = 0; i < decisions.Length; i++)
        {
            var (aliases, _, refusal) = decisions[i];
            released[i] = new ReleasedPatient(ask.Patients[i], aliases,
                refusal is null ? [.. aliases.SelectMany(alias => ask.Domains.Where(d => d != Domain.Sensitive).Select(domain => new ReleasedKey(alias, domain, KeyTree.CurrentVersion, keys.PatientDomain(alias, domain))))] : [],
                refusal);
        }
        return new Lease(now + LeaseLife, released, noted ? "Vous avez ouvert beaucoup de dossiers aujourd'hui : c'est noté pour le référent sécurité." : null);
    }

    /// <summary>Care is never refused: a reason and a fresh touch open, ceilings and budgets do not count.</summary>
    public async ValueTask<Done> BreakGlassAsync(Caller caller, BreakGlass ask, bool secondToday, DateTimeOffset now)
    {
        if (!RoleAccess.MayBreakGlass(caller.Role)) throw new RefusedException(RefusalCodes.Role, "Votre fonction n'ouvre pas de dossier de soins.");
        if (ask.Reason.Trim().Length < 10) throw new RefusedException(RefusalCodes.Invalid, "Écrivez en quelques mots pourquoi ce dossier doit être ouvert (10 caractères au moins).");
        if (!exists(ask.Patient)) throw new RefusedException(RefusalCodes.NotFound, "Ce patient n'existe pas dans l'établissement.");
        if (now - caller.TouchedAt > FreshTouch) throw new RefusedException(RefusalCodes.Touch, "Touchez votre clé de sécurité pour ouvrir en urgence.");
        if (secondToday && now - caller.PinAt > FreshTouch) throw new RefusedException(RefusalCodes.Pin, "Deuxième ouverture en urgence de la journée : votre code PIN est demandé.");
        var relation = new Relation($"glass|{caller.Account}|{ask.Patient}", ask.Patient, RelationSource.BreakGlass, null, caller.Account, caller.Account, now, now.AddHours(12), null, null);
        await journal([Entry(caller, "break-glass", ask.Patient, null, "care", new Ground(relation, false), now) with { Detail = ask.Reason.Trim() }]).ConfigureAwait(false);
        lock (gate) relations.Add(relation);
        return Done.It;
    }

    /// <summary>For machines that add and never read.</summary>
    public async ValueTask<EncryptOnlyKeys> EncryptOnlyAsync(ClientId client, string cell, EncryptOnly ask, DateTimeOffset now)
    {
        if (ask.Records.Count is 0 or > 1000) throw new RefusedException(RefusalCodes.Invalid, "1 à 1 000 enregistrements par demande.");
        foreach (var record in ask.Records)
            if (record.Cell != cell || !exists(record.Patient)) throw new RefusedException(RefusalCodes.Invalid, "Un enregistrement vise un autre établissement ou un patient inconnu.");
        await journal([.. ask.Records.Select(r => (r.Patient, r.Domain)).Distinct().Select(r => new JournalEntry { Time = now, Kind = "encrypt", Client = client, Patient = r.Patient, Domain = r.Domain, Purpose = "import" })]).ConfigureAwait(false);
        var answer = new RecordKey[ask.Records.Count];
        for (var i = 0; i < answer.Length; i++)
        {
            var salt = System.Security.Cryptography.RandomNumberGenerator.GetBytes(32);
            var (key, commit) = keys.Record(ask.Records[i], salt);
            answer[i] = new RecordKey(salt, commit, key, KeyTree.CurrentVersion);
        }
        return new EncryptOnlyKeys(answer);
    }

    private (IReadOnlyList<PatientId>, Ground?, Refusal?) Decide(Caller caller, PatientId patient, IReadOnlyList<Domain> domains, DateTimeOffset now, ref bool noted)
    {
        if (!exists(patient)) return ([], null, new Refusal(RefusalCodes.NotFound, "Ce patient n'existe pas dans l'établissement."));
        var aliases = aliasesOf(patient);
        var ground = relations.Explain(aliases, caller.Account, caller.Units, now);
        if (ground is null && RoleAccess.DeskOpensWithoutRelation(caller.Role, domains))
            ground = new Ground(new Relation("desk", patient, RelationSource.Desk, null, caller.Account, caller.Account, now, now, null, null), SelfClaimed: true);
        if (ground is null)
            return ([], null, new Refusal(RefusalCodes.NoRelation, "Aucun lien de soin connu entre vous et ce patient. S'il faut ouvrir maintenant, l'ouverture en urgence est possible : elle demande un motif."));
        var related = !ground.SelfClaimed || ground.Relation.Source is RelationSource.Stay;
        if (ground.Relation.Source is RelationSource.BreakGlass)
        {
            budgets.Spend(caller.Account, patient, related: true, now);
            return (aliases, ground, null);
        }
        var step = budgets.Ask(caller.Account, BudgetPolicy.Starting[BudgetPolicy.ClassOf(caller.Role)], patient, related, now);
        if (step is BudgetStep.Touch) return ([], null, new Refusal(RefusalCodes.Touch, "Beaucoup de dossiers ont été ouverts depuis votre dernier geste : touchez votre clé pour continuer."));
        if (step is BudgetStep.SecondPerson) return ([], null, new Refusal(RefusalCodes.SecondPerson, "Le nombre de dossiers sans lien de soin est atteint. Un collègue doit confirmer, ou ouvrez en urgence avec un motif."));
        noted |= step is BudgetStep.OpenAndNote;
        budgets.Spend(caller.Account, patient, related, now);
        return (aliases, ground, null);
    }

    private static JournalEntry Entry(Caller caller, string kind, PatientId patient, Domain? domain, string purpose, Ground ground, DateTimeOffset now) => new()
    {
        Time = now,
        Kind = kind,
        Account = caller.Account,
        Session = caller.Session,
        Station = caller.Station,
        Patient = patient,
        Domain = domain,
        Purpose = purpose,
        Ground = ground.SelfClaimed ? $"{ground.Relation.Source} (self-claimed)" : ground.Relation.Source.ToString(),
    };
}
