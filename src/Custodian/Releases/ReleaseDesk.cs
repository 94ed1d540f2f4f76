using Serment.Custodian.Accounts;
using Serment.Custodian.Budgets;
using Serment.Custodian.Journal;
using Serment.Custodian.Keys;
using Serment.Custodian.Policies;
using Serment.Custodian.Relations;

namespace Serment.Custodian.Releases;

/// <summary>Who asks, once signature, session, replay window and locks have been checked.</summary>
internal sealed record Caller(AccountId Account, Role Role, IReadOnlyCollection<UnitId> Units, SessionId Session, StationId? Station, DateTimeOffset TouchedAt, DateTimeOffset PinAt);

/// <summary>What stands beside the budgets: the day's ceiling, files that nobody needs, the bell.</summary>
/// <param name="LimitOf">The ceiling of that day.</param>
/// <param name="Hides">Whether that person keeps his presence secret from who only stands at the desk.</param>
/// <param name="MovingIn">Whether this is the first day of the establishment here: no fact can have stood for longer.</param>
/// <param name="WhoIs">What the rules may compare of a patient, and whether he bears a name of that staff member; null while identities load.</param>
/// <param name="Ring">Tells who watches; called once the alarm is in the journal.</param>
/// <param name="EndSession">Called under the desk's lock.</param>
internal sealed record Guards(EstablishmentCeiling Ceiling, Func<DateTimeOffset, int> LimitOf, HoneyPatients Honey, AlarmBell Bell, Habits Habits, Func<Policy> Policy, Func<PatientId, AccountId, (Step Step, bool Namesake)?> WhoIs, Action<Alarm> Ring, Action<SessionId> EndSession, Func<DateTimeOffset, bool>? MovingIn = null, Func<PatientId, AccountId, DateTimeOffset, bool>? Hides = null);

/// <summary>
/// The only way to plaintext. Order of every release: role × domain → relation, glass → budget → spent →
/// journal durable → keys derived → lease. Nothing is derived before its entry is on disk.
/// </summary>
/// <param name="merged">Whether that account made one person of those files.</param>
internal sealed class ReleaseDesk(PatientKeys keys, RelationBook relations, BudgetLedger budgets, Func<IReadOnlyList<JournalEntry>, ValueTask> journal, Func<PatientId, IReadOnlyList<PatientId>> aliasesOf, Func<IReadOnlyList<PatientId>, AccountId, bool> merged, Func<PatientId, bool> exists, Guards guards, Lock gate)
{
    public static readonly TimeSpan LeaseLife = TimeSpan.FromMinutes(15);
    private const int MaximumPatients = 300;
    private static readonly TimeSpan FreshTouch = TimeSpan.FromMinutes(2), PinForProtected = TimeSpan.FromMinutes(15);
    /// <summary>Per account, when the glass was last broken, and how often that day.</summary>
    private readonly Dictionary<AccountId, (DateTimeOffset Last, int OfTheDay)> _glass = [];
    /// <summary>Per account, the touch that an act last used up which costs one of its own.</summary>
    private readonly Dictionary<AccountId, DateTimeOffset> _touches = [];

    public async ValueTask<Lease> ReleaseAsync(Caller caller, ReleaseKeys ask, DateTimeOffset now)
    {
        if (ask.Domains.Contains(Domain.Sensitive))
        {
            CheckRole(caller, ask);
            throw new RefusedException(RefusalCodes.Invalid, "Les éléments protégés s'ouvrent un par un, chacun par un geste.");
        }
        var decisions = await DecideAsync(caller, ask, now).ConfigureAwait(false);
        var released = new ReleasedPatient[decisions.Length];
        for (var i = 0; i < decisions.Length; i++)
        {
            var (files, refusal) = (decisions[i].Files, decisions[i].Refusal);
            released[i] = new ReleasedPatient(ask.Patients[i], files, refusal is null ? keys.Of(files, ask.Domains) : [], refusal);
        }
        return new Lease(now + LeaseLife, released, NoticeOf(decisions));
    }

    /// <summary>One file's key, decided, budgeted and journaled as its whole domain would be; a protected one costs a touch of its own.</summary>
    public async ValueTask<FileKeyLent> FileAsync(Caller caller, string cell, FileKeyAsked ask, DateTimeOffset now)
    {
        if (ask is { File: not null, KeyVersion: { } under }) keys.Check(under);
        var decided = await DecideAsync(caller, new ReleaseKeys([ask.Patient], [ask.Domain], ask.Purpose, Write: ask.File is null), now, oneKey: true).ConfigureAwait(false);
        var file = ask.File ?? Id.New<FileId>();
        var (version, key) = keys.File(new FileAddress(cell, ask.Patient, ask.Domain, file), ask.File is null ? null : ask.KeyVersion);
        return new FileKeyLent(now + LeaseLife, key, NoticeOf(decided), version, file);
    }

    /// <summary>One protected record's key: to read, a touch of its own and a recent PIN; to add, as any other domain. The key of the domain never leaves.</summary>
    public async ValueTask<RecordKeyLent> RecordAsync(Caller caller, RecordKeyAsked ask, DateTimeOffset now)
    {
        var (part, version) = (new FilePart(ask.Patient, Domain.Sensitive), ask.KeyVersion ?? keys.Version);
        if (ask.Salt is not null) keys.Check(ask.Salt, version);
        var decided = await DecideAsync(caller, new ReleaseKeys([ask.Patient], [Domain.Sensitive], ask.Purpose, Write: ask.Salt is null), now, oneKey: true).ConfigureAwait(false);
        return new RecordKeyLent(now + LeaseLife, ask.Salt is { } salt ? keys.Slot(part, salt, version) : keys.Slot(part), NoticeOf(decided));
    }

    private static string? NoticeOf(Decision[] decisions) => decisions.Any(decision => decision.Noted) ? "Vous avez ouvert beaucoup de dossiers aujourd'hui : c'est noté pour le référent sécurité." : null;

    /// <summary>Role, then each patient by himself; whatever opens is in the journal when this returns.</summary>
    /// <param name="oneKey">Of the one file asked for: a person's others, merged with it, stay closed and are neither counted nor journaled.</param>
    private async ValueTask<Decision[]> DecideAsync(Caller caller, ReleaseKeys ask, DateTimeOffset now, bool oneKey = false)
    {
        if (ask.Patients.Count is 0 or > MaximumPatients) throw new RefusedException(RefusalCodes.Invalid, $"Une demande porte sur 1 à {MaximumPatients} patients.");
        if (ask.Domains.Count is 0 or > 6 || ask.Domains.Contains(Domain.Identity)) throw new RefusedException(RefusalCodes.Invalid, "Domaine demandé inconnu.");
        if (ask.Purpose.Length > 40) throw new RefusedException(RefusalCodes.Invalid, "Motif trop long.");
        CheckRole(caller, ask);
        var decisions = new Decision[ask.Patients.Count];
        var entries = new List<JournalEntry>();
        var alarms = new List<Alarm>();
        lock (gate)
        {
            guards.Habits.Seen(caller.Account, caller.Station, now);
            for (var i = 0; i < ask.Patients.Count; i++)
            {
                var decision = decisions[i] = Decide(caller, ask.Patients[i], ask, oneKey, now);
                if (decision.Refusal is null)
                {
                    // Under every id whose keys are lent: taken apart later, each still tells who opened it. The one that was asked for last, so that it is found first.
                    foreach (var file in decision.Files.Where(file => file != ask.Patients[i] && !oneKey).Append(ask.Patients[i]))
                        foreach (var domain in ask.Domains)
                            entries.Add(Entry(caller, ask.Write && file == ask.Patients[i] ? "write" : "release", file, domain, ask.Purpose, decision.GroundOf(file), now));
                    if (ask.Write)
                    {
                        relations.Wrote(ask.Patients[i], caller.Account, decision.Ground!, now);
                        foreach (var claimant in relations.Corroborate(decision.Files, caller.Account, now, ask.Domains.Any(domain => domain is Domain.Clinical or Domain.Medication or Domain.Results or Domain.Sensitive)))
                            foreach (var file in decision.Files) entries.Add(Corroboration(claimant, file, now));
                    }
                }
                if (decision.Noted && guards.Bell.FirstNote(caller.Account, now)) entries.Add(new JournalEntry { Time = now, Kind = "noted", Account = caller.Account, Session = caller.Session, Station = caller.Station });
                // A ward asked for at once is one act: its first patient speaks for it.
                if (Listen(caller, ask.Patients[i], decision, alone: i == 0, ask.Domains.Contains(Domain.Sensitive), now) is { } alarm) alarms.Add(alarm);
                if (decision is { Ground.SelfClaimed: true } or { Refusal.Code: RefusalCodes.NoRelation or RefusalCodes.SecondPerson or RefusalCodes.Ceiling } && Compare(caller, ask.Patients[i], now) is { } compared) alarms.Add(compared);
                if (decision.Caught) break;
            }
            var given = ask.Patients.Where((_, i) => decisions[i] is { Refusal: null }).ToArray();
            if (given.Length > 0 && guards.Bell.Given(caller.Account, given, ask.Domains, ask.Patients.Count > 1, now) is { } copied) alarms.Add(copied);
        }
        foreach (var alarm in alarms) entries.Add(alarm.Entry(now, caller.Session, caller.Station));
        if (entries.Count > 0) await journal(entries).ConfigureAwait(false);
        foreach (var alarm in alarms) guards.Ring(alarm);
        foreach (var caught in decisions) if (caught is { Caught: true, Refusal: { } ended }) throw new RefusedException(ended);
        // A chart of one patient that is refused is a refusal, not an empty lease.
        if (ask.Patients.Count == 1 && decisions[0].Refusal is { } no) throw new RefusedException(no);
        return decisions;
    }

    private static void CheckRole(Caller caller, ReleaseKeys ask)
    {
        foreach (var domain in ask.Domains)
            if (!(ask.Write ? RoleAccess.MayWrite(caller.Role, domain) : RoleAccess.MayRead(caller.Role, domain)))
                throw new RefusedException(RefusalCodes.Role, "Votre fonction n'ouvre pas ce type de données. Un collègue du service qui y a droit peut vous répondre.");
    }

    /// <summary>Care is never refused: a reason and a fresh touch open, ceilings and budgets do not count.</summary>
    public async ValueTask<Done> BreakGlassAsync(Caller caller, BreakGlass ask, DateTimeOffset now)
    {
        if (!RoleAccess.MayBreakGlass(caller.Role)) throw new RefusedException(RefusalCodes.Role, "Votre fonction n'ouvre pas de dossier de soins.");
        if (ask.Reason.Trim().Length < 10) throw new RefusedException(RefusalCodes.Invalid, "Écrivez en quelques mots pourquoi ce dossier doit être ouvert (10 caractères au moins).");
        if (!exists(ask.Patient)) throw new RefusedException(RefusalCodes.NotFound, "Ce patient n'existe pas dans l'établissement.");
        var relation = new Relation($"glass|{caller.Account}|{ask.Patient}", ask.Patient, RelationSource.BreakGlass, null, caller.Account, caller.Account, now, now.AddHours(12), null, null);
        Alarm? alarm = null;
        lock (gate)
        {
            if (guards.Honey.Caught(aliasesOf(ask.Patient), relations.Explain(aliasesOf(ask.Patient), caller.Account, caller.Units, now))) alarm = Catch(caller, ask.Patient, now);
            else if (BreakTouch(caller, now) is { } first) throw new RefusedException(first);
            else
            {
                _touches[caller.Account] = caller.TouchedAt;
                CountGlass(caller.Account, now);
            }
        }
        if (alarm is not null)
        {
            await journal([alarm.Entry(now, caller.Session, caller.Station)]).ConfigureAwait(false);
            guards.Ring(alarm);
            throw new RefusedException(SessionOver);
        }
        await journal([Entry(caller, "break-glass", ask.Patient, null, "care", new Ground(relation, false), now) with { Detail = ask.Reason.Trim() }]).ConfigureAwait(false);
        lock (gate) relations.Add(relation);
        return Done.It;
    }

    /// <summary>A physical touch: what was opened before it counts for the day only.</summary>
    public void Touched(AccountId account, DateTimeOffset now)
    {
        budgets.Touched(account, now);
        guards.Bell.Touched(account, now);
    }

    /// <summary>All that <see cref="Replay"/> changes: kept across restarts, so that not all of the past is replayed.</summary>
    public IReadOnlyList<object> Books => [budgets, guards.Ceiling, _glass, _touches, guards.Habits];

    /// <summary>One entry of the past, at start. Leaves the books as the moment that wrote it left them.</summary>
    public void Replay(JournalEntry entry)
    {
        if (entry.Account is not { } account) return;
        if (entry.Kind is "touch" or "signin" or "release" or "write") guards.Habits.Seen(account, entry.Station, entry.Time);
        if (entry.Kind is "touch" or "signin") budgets.Touched(account, entry.Time);
        if (entry.Patient is not { } patient) return;
        switch (entry.Kind)
        {
            case "release" or "write":
                if (entry is { Kind: "release", Domain: Domain.Sensitive }) _touches[account] = entry.Time;
                budgets.Spend(account, patient, BySomeoneElse(entry), entry.Time);
                guards.Ceiling.Open(patient, entry.Time);
                break;
            case "identity.shown": budgets.Show(account, [patient], entry.Detail == Identities.IdentityDesk.Stranger ? [patient] : [], entry.Time); break;
            case "corroborated": budgets.Corroborated(account, patient, entry.Time); break;
            case "break-glass" when entry.Time > _glass.GetValueOrDefault(account).Last:
                _touches[account] = entry.Time;
                CountGlass(account, entry.Time);
                break;
        }
    }

    /// <summary>Whether an opening stood on a relation that someone else had made.</summary>
    public static bool BySomeoneElse(JournalEntry entry) => entry.Ground is { } ground && !ground.EndsWith(OwnClaim, StringComparison.Ordinal) && ground != nameof(RelationSource.BreakGlass);

    /// <summary>For machines that add and never read: what they are lent opens what they seal with it, and nothing else.</summary>
    public async ValueTask<EncryptOnlyKeys> EncryptOnlyAsync(ClientId client, EncryptOnly ask, DateTimeOffset now)
    {
        if (ask.Slots.Count is 0 or > 1000) throw new RefusedException(RefusalCodes.Invalid, "1 à 1 000 emplacements par demande.");
        foreach (var slot in ask.Slots)
            if (slot.Domain is < Domain.Administrative or > Domain.Sensitive || !exists(slot.Patient)) throw new RefusedException(RefusalCodes.Invalid, "Un emplacement vise un patient ou un domaine inconnu.");
        await journal([.. ask.Slots.Distinct().Select(slot => new JournalEntry { Time = now, Kind = "encrypt", Client = client, Patient = slot.Patient, Domain = slot.Domain, Purpose = "import" })]).ConfigureAwait(false);
        return new EncryptOnlyKeys([.. ask.Slots.Select(keys.Slot)]);
    }

    private static readonly Refusal SessionOver = new(RefusalCodes.NoSession, "Votre session est terminée. Identifiez-vous de nouveau.");
    public const string OwnClaim = "(self-claimed)";

    /// <param name="Files">Every id of that person, the living one first.</param>
    /// <param name="Strange">Of these, whom nobody else's act explains to who asks.</param>
    /// <param name="Caught">A file that no care can need: the session is over.</param>
    private sealed record Decision(IReadOnlyList<PatientId> Files, Ground? Ground, IReadOnlySet<PatientId> Strange, Refusal? Refusal, bool Noted = false, bool Caught = false)
    {
        public Ground GroundOf(PatientId file) => Strange.Contains(file) && Ground!.Relation.Source is not RelationSource.BreakGlass ? Ground with { SelfClaimed = true } : Ground!;
    }

    private Decision Decide(Caller caller, PatientId patient, ReleaseKeys ask, bool oneKey, DateTimeOffset now)
    {
        var (domains, opensProtected) = (ask.Domains, !ask.Write && ask.Domains.Contains(Domain.Sensitive));
        if (!exists(patient)) return No(RefusalCodes.NotFound, "Ce patient n'existe pas dans l'établissement.");
        var files = aliasesOf(patient);
        var ground = GroundOf(caller, files, domains, now);
        if (guards.Honey.Caught(files, ground)) return new Decision([], null, Nobody, SessionOver, Caught: true);
        if (ground is null)
            return No(RefusalCodes.NoRelation, "Aucun lien de soin connu entre vous et ce patient. S'il faut ouvrir maintenant, l'ouverture en urgence est possible : elle demande un motif.");
        // The desk is no team: neither standing at it nor one's own act there lifts a secret, as with the identity.
        if (RoleAccess.IsDesk(caller.Role) && (ground.SelfClaimed || ground.Relation.Source is RelationSource.Desk) && guards.Hides?.Invoke(files[0], caller.Account, now) == true)
            return No(RefusalCodes.SecrecyProtected, "Ce patient a demandé le secret sur sa présence. Seule son équipe de soins ouvre son dossier.");
        if (opensProtected && ProtectedTouch(caller, now) is { } first) return No(first.Code, first.Message);
        var strange = Strange(caller, files, ground, domains, now);
        if (ground.Relation.Source is RelationSource.BreakGlass) return Open(noted: false);
        // Whoever drives many sessions states facts in the name of each: what was stated within the day lifts no ceiling. The glass does.
        var standing = ground.Relation.From <= now - Established || guards.MovingIn?.Invoke(now) == true ? ground : GroundOf(caller, files, domains, now, madeBefore: now - Established);
        IReadOnlyCollection<PatientId> late = Explains(standing) ? strange : files;
        if (late.Any(file => guards.Ceiling.Beyond(file, guards.LimitOf, now)))
        {
            if (standing is { Relation.Source: RelationSource.BreakGlass })
            {
                (ground, strange) = (standing, files.ToHashSet());
                return Open(noted: false);
            }
            return No(RefusalCodes.Ceiling, "Le plafond de dossiers ouverts dans l'établissement aujourd'hui est atteint : seuls les liens de soin établis par d'autres depuis plus d'un jour ouvrent encore. S'il faut ouvrir maintenant, l'ouverture en urgence est possible.");
        }
        return budgets.Ask(caller.Account, guards.Policy().Budget(caller.Role), files, file => !strange.Contains(file), now) switch
        {
            BudgetStep.Touch => No(RefusalCodes.Touch, "Beaucoup de dossiers ont été ouverts depuis votre dernier geste : touchez votre clé pour continuer."),
            BudgetStep.SecondPerson => No(RefusalCodes.SecondPerson, "Le nombre de dossiers sans lien de soin est atteint. Un collègue doit confirmer, ou ouvrez en urgence avec un motif."),
            var step => Open(noted: step is BudgetStep.OpenAndNote),
        };

        Decision Open(bool noted)
        {
            if (opensProtected) _touches[caller.Account] = caller.TouchedAt;
            foreach (var file in oneKey ? [patient] : files)
            {
                budgets.Spend(caller.Account, file, !strange.Contains(file), now);
                guards.Ceiling.Open(file, now);
            }
            return new Decision(files, ground, strange, null, noted);
        }

        static Decision No(string code, string text) => new([], null, Nobody, new Refusal(code, text));
    }

    private static readonly IReadOnlySet<PatientId> Nobody = new HashSet<PatientId>();

    /// <summary>How long a fact has stood before it opens beyond the day's ceiling.</summary>
    private static readonly TimeSpan Established = TimeSpan.FromDays(1);

    /// <summary>Somebody else's act, and no broken glass.</summary>
    private static bool Explains(Ground? ground) => ground is { SelfClaimed: false, Relation.Source: not RelationSource.BreakGlass };

    private Ground? GroundOf(Caller caller, IReadOnlyList<PatientId> files, IReadOnlyList<Domain> domains, DateTimeOffset now, DateTimeOffset? madeBefore = null) =>
        relations.Explain(files, caller.Account, caller.Units, now, madeBefore)
        ?? (RoleAccess.DeskOpensWithoutRelation(caller.Role, domains) ? new Ground(new Relation("desk", files[0], RelationSource.Desk, null, caller.Account, caller.Account, now, now, null, null), SelfClaimed: !relations.Brought(files, caller.Account, now, madeBefore)) : null);

    /// <summary>
    /// The files that nobody else's act explains to who asks: all of a person's when the best explanation is his own claim or broken glass. Whoever made one
    /// person of them himself has each counted by what explains it alone: a merge launders no stranger.
    /// </summary>
    private IReadOnlySet<PatientId> Strange(Caller caller, IReadOnlyList<PatientId> files, Ground ground, IReadOnlyList<Domain> domains, DateTimeOffset now)
    {
        if (!Explains(ground)) return files.ToHashSet();
        if (files.Count == 1 || !merged(files, caller.Account)) return Nobody;
        return files.Where(file => !Explains(GroundOf(caller, [file], domains, now))).ToHashSet();
    }

    /// <param name="apart">A protected record was asked for.</param>
    private Alarm? Listen(Caller caller, PatientId patient, Decision decision, bool alone, bool apart, DateTimeOffset now)
    {
        if (decision.Caught) return Catch(caller, patient, now);
        if (decision.Noted && budgets.OpenedToday(caller.Account, now) >= guards.Policy().Budget(caller.Role).Touch && guards.Bell.Many(caller.Account, now) is { } many) return many;
        // A ward is one act; people to whom nothing leads are in no ward, however many are asked for together.
        if (!alone && decision.Refusal?.Code is not (RefusalCodes.NoRelation or RefusalCodes.SecondPerson or RefusalCodes.Ceiling)) return null;
        return decision.Refusal is { } no ? guards.Bell.Refused(caller.Account, patient, no.Code, now, apart) : guards.Bell.Opened(caller.Account, now);
    }

    /// <summary>No relation made by someone else: in which order does he go through strangers, and does one bear his name?</summary>
    private Alarm? Compare(Caller caller, PatientId patient, DateTimeOffset now) =>
        guards.WhoIs(patient, caller.Account) is var (step, namesake) ? guards.Bell.Unrelated(caller.Account, patient, step, namesake, now) : null;

    private Alarm? Catch(Caller caller, PatientId patient, DateTimeOffset now)
    {
        guards.EndSession(caller.Session);
        return guards.Bell.Honey(caller.Account, patient, now);
    }

    /// <summary>The glass takes a touch of its own, and from the second of a day the PIN.</summary>
    private Refusal? BreakTouch(Caller caller, DateTimeOffset now)
    {
        var (last, ofTheDay) = _glass.GetValueOrDefault(caller.Account);
        if (ofTheDay > 0 && ClinicalTime.Day(last) == ClinicalTime.Day(now) && !Within(FreshTouch, caller.PinAt, now))
            return new Refusal(RefusalCodes.Pin, "Deuxième ouverture en urgence de la journée : votre code PIN est demandé.");
        return HasTouch(caller, now) ? null : new Refusal(RefusalCodes.Touch, "Touchez votre clé de sécurité pour ouvrir en urgence : chaque ouverture demande un geste.");
    }

    /// <summary>So does each protected record or file; a PIN of some minutes ago says who sits there.</summary>
    private Refusal? ProtectedTouch(Caller caller, DateTimeOffset now) =>
        !Within(PinForProtected, caller.PinAt, now) ? new Refusal(RefusalCodes.Pin, "Cet élément est protégé : votre code PIN est demandé.")
        : HasTouch(caller, now) ? null
        : new Refusal(RefusalCodes.Touch, "Touchez votre clé de sécurité : chaque élément protégé s'ouvre par un geste.");

    /// <summary>Given just now, and not the one that is used up, nor older. One long before that one was given after the clock was set back.</summary>
    private bool HasTouch(Caller caller, DateTimeOffset now) =>
        Within(FreshTouch, caller.TouchedAt, now) && (!_touches.TryGetValue(caller.Account, out var used) || caller.TouchedAt > used || used - caller.TouchedAt > FreshTouch);

    /// <summary>What a clock that was set back puts into the future was not given.</summary>
    private static bool Within(TimeSpan most, DateTimeOffset at, DateTimeOffset now) => at <= now && now - at <= most;

    private void CountGlass(AccountId account, DateTimeOffset at)
    {
        var (last, ofTheDay) = _glass.GetValueOrDefault(account);
        _glass[account] = (at, ClinicalTime.Day(last) == ClinicalTime.Day(at) ? ofTheDay + 1 : 1);
    }

    private JournalEntry Corroboration(AccountId claimant, PatientId patient, DateTimeOffset now)
    {
        budgets.Corroborated(claimant, patient, now);
        return new JournalEntry { Time = now, Kind = "corroborated", Account = claimant, Patient = patient };
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
        Ground = ground.SelfClaimed ? $"{ground.Relation.Source} {OwnClaim}" : ground.Relation.Source.ToString(),
        // Function and unit as they are now: what the patient reads in years must not depend on what this account has become.
        Detail = StatementWords.Acting(caller.Role, ground.Relation.Unit ?? (caller.Units.Count == 1 ? caller.Units.First() : null)),
    };
}
