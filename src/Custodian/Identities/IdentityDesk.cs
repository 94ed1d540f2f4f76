using Serment.Custodian.Accounts;
using Serment.Custodian.Budgets;
using Serment.Custodian.Journal;
using Serment.Custodian.Policies;
using Serment.Custodian.Relations;
using Serment.Custodian.Releases;
using Serment.Custodian.Requests;

namespace Serment.Custodian.Identities;

/// <summary>
/// What may be asked about who people are, and by whom. Order of every question: role → relation (or desk, or who has just
/// created the identity) → secrecy → lines still allowed → the registry → counted and journaled → shown.
/// Relations and budgets are read under the cell's lock, the registry outside of it.
/// </summary>
internal sealed class IdentityDesk(IdentityRegistry identities, RelationBook relations, BudgetLedger budgets, Func<IReadOnlyList<JournalEntry>, ValueTask> journal, Func<AccountId, string> nameOf, AlarmBell bell, Func<Policy> inForce, Action<Alarm> ring, Action<DateTimeOffset> baseGrows, Lock gate)
{
    private const int BroughtAtOnce = 1000, PageRows = 100, WorklistMost = 5000;
    /// <summary>Marks a line shown without a relation, so that the journal tells the budgets.</summary>
    internal const string Stranger = "stranger";
    private readonly Dictionary<AccountId, Queue<DateTimeOffset>> _created = [];
    private static readonly TimeSpan CreatorLife = TimeSpan.FromHours(24);

    public void Register(VerbTable verbs)
    {
        verbs.Person(IdentityVerbs.Create, CreateAsync);
        verbs.Machine(IdentityVerbs.Create, async (asking, ask) =>
        {
            asking.Needs("identity:create");
            if (ask.Source is null) throw new RefusedException(RefusalCodes.Invalid, "Un import donne la référence de sa source.");
            await identities.ReadyAsync().ConfigureAwait(false);
            baseGrows(asking.Now);
            var created = identities.Create(ask, null, asking.Now);
            // A machine learns ids, never who is there already: one who bears the same matricule is the same person, by his pseudonym alone.
            var same = ask.DespiteDuplicates && created is { Created: null, LikelyDuplicates: [var bearer] } ? Mask(bearer) : null;
            if (created.Created is { } made) await BroughtAsync(asking, [made.Patient]).ConfigureAwait(false);
            return new IdentityCreated(created.Created ?? same, []);
        });
        verbs.Machine(IdentityVerbs.Bring, async (asking, ask) =>
        {
            asking.Needs("identity:create");
            if (ask.People.Count is 0 or > BroughtAtOnce || ask.People.Any(one => one.Source is null || !one.DespiteDuplicates)) throw new RefusedException(RefusalCodes.Invalid, $"1 à {BroughtAtOnce} personnes par demande, chacune avec la référence de sa source.");
            await identities.ReadyAsync().ConfigureAwait(false);
            baseGrows(asking.Now);
            var brought = identities.Bring(ask.People, asking.Now);
            await BroughtAsync(asking, [.. brought.Select(one => one.Created).OfType<IdentityLine>().Select(line => line.Patient)]).ConfigureAwait(false);
            return new IdentitiesBrought([.. brought.Select(one => (one.Created ?? one.LikelyDuplicates[0]).Patient)]);
        });
        verbs.Person(IdentityVerbs.Unknown, async (asking, ask) =>
        {
            await MayAdmitAsync(asking).ConfigureAwait(false);
            CountCreated(asking);
            return await DoneAsync(asking, identities.CreateUnknown(ask, asking.Caller.Account, asking.Now), IdentityVerbs.Unknown.Name, "").ConfigureAwait(false);
        });
        verbs.Person(IdentityVerbs.Newborns, async (asking, ask) =>
        {
            await AdmitsAsync(asking, Living(ask.Mother)).ConfigureAwait(false);
            CountCreated(asking);
            var children = identities.CreateNewborns(ask, asking.Caller.Account, asking.Now);
            foreach (var child in children) await DoneAsync(asking, child, IdentityVerbs.Newborns.Name, "").ConfigureAwait(false);
            return new IdentityLines(children);
        });
        verbs.Person(IdentityVerbs.Find, FindAsync);
        verbs.Person(IdentityVerbs.Lines, async (asking, ask) =>
        {
            if (ask.Patients.Count > PageRows) throw new RefusedException(RefusalCodes.Invalid, "100 lignes d'identité par page au plus.");
            MaySee(asking);
            IdentityLine[] lines = [.. Masked(asking, identities.Lines(Seen(asking, ask.Patients))).Take(AtOnce(asking, own: !RoleAccess.IsDesk(asking.Caller.Role)))];
            var merged = lines.Where(line => !line.Masked).Select(line => new MergedIds(line.Patient, [.. identities.AliasesOf(line.Patient).Where(id => id != line.Patient)])).Where(ids => ids.Also.Count > 0).ToArray();
            return await ShowAsync(asking, new IdentityLines(lines, merged.Length == 0 ? null : merged), r => r.Lines, "page").ConfigureAwait(false);
        });
        verbs.Person(IdentityVerbs.Order, OrderAsync);
        verbs.Person(IdentityVerbs.Correct, (asking, ask) => ChangeAsync(asking, IdentityVerbs.Correct.Name, ask.Reason, () => identities.Correct(ask, asking.Caller.Account, asking.Now), Living(ask.Patient)));
        verbs.Person(IdentityVerbs.Mark, (asking, ask) => ChangeAsync(asking, IdentityVerbs.Mark.Name, ask.Reason, () => identities.Mark(ask, asking.Caller.Account, asking.Now), Living(ask.Patient)));
        verbs.Person(IdentityVerbs.Protect, (asking, ask) => ChangeAsync(ask.Secret ? asking : OfTheTeam(asking, Living(ask.Patient)), IdentityVerbs.Protect.Name, ask.Reason, () => identities.Protect(ask, asking.Caller.Account, asking.Now), Living(ask.Patient)));
        verbs.Person(IdentityVerbs.Merge, (asking, ask) =>
        {
            MayMerge(asking);
            CountCreated(asking);
            return ChangeAsync(asking, IdentityVerbs.Merge.Name, ask.Reason, () => identities.Merge(ask, asking.Caller.Account, asking.Now), ask.Kept, ask.Absorbed);
        });
        verbs.Person(IdentityVerbs.Unmerge, (asking, ask) =>
        {
            MayMerge(asking);
            return ChangeAsync(asking, IdentityVerbs.Unmerge.Name, ask.Reason, () => identities.Unmerge(ask, asking.Caller.Account, asking.Now), ask.Absorbed);
        });
        verbs.Person(IdentityVerbs.Traits, async (asking, ask) =>
        {
            var living = Living(ask.Patient);
            await AdmitsAsync(asking, living).ConfigureAwait(false);
            var identity = identities.Of(living);
            return await ShowAsync(asking, new IdentityCard(identity.Line, identity.Traits, identity.Mother, identity.BirthRank, identities.Absorbed(identity.Id)), c => [c.Line], "traits").ConfigureAwait(false);
        });
        verbs.Person(IdentityVerbs.History, async (asking, ask) =>
        {
            var living = Living(ask.Patient);
            await AdmitsAsync(asking, living).ConfigureAwait(false);
            var line = identities.Of(living).Line;
            var steps = identities.History(living).Reverse().Select(s => new IdentityStep(s.At, s.What, s.By is { } by ? Name(by) : "Interface", s.Reason, s.Before, s.StatusBefore));
            return await ShowAsync(asking, new IdentityHistory([.. steps]), _ => [line], "history").ConfigureAwait(false);
        });
    }

    private async ValueTask<IdentityCreated> CreateAsync(PersonAsking asking, CreateIdentity ask)
    {
        await MayAdmitAsync(asking).ConfigureAwait(false);
        CountCreated(asking);
        var reply = identities.Create(ask with { Source = null }, asking.Caller.Account, asking.Now);
        reply = reply with { LikelyDuplicates = Masked(asking, reply.LikelyDuplicates) };
        if (reply.Created is not { } line) return await ShowAsync(asking, reply, r => r.LikelyDuplicates, IdentityVerbs.Create.Name).ConfigureAwait(false);
        await DoneAsync(asking, line, IdentityVerbs.Create.Name, "").ConfigureAwait(false);
        return reply;
    }

    /// <summary>Own patients freely. Beyond them: a birth date, an IPP or a matricule; at a desk, a name and a given name also do.</summary>
    private async ValueTask<FoundIdentities> FindAsync(PersonAsking asking, FindIdentities ask)
    {
        if (!RoleAccess.MaySearch(asking.Caller.Role)) throw new RefusedException(RefusalCodes.Role, "Votre fonction ne recherche pas de patients.");
        await identities.ReadyAsync().ConfigureAwait(false);
        var asked = IdentityRegistry.Understand(ask.Text, ClinicalTime.Day(asking.Now));
        var desk = RoleAccess.IsDesk(asking.Caller.Role);
        var wide = asked.Wide || (desk && SearchText.Tokens(asked.Names).Count(t => t.Length > 1) > 1);
        IReadOnlyCollection<PatientId>? within = null;
        if (!wide) lock (gate) within = relations.Of(asking.Caller.Units, asking.Now);
        else await HeardAsync(asking, ask.Text, asked).ConfigureAwait(false);
        var (found, total) = identities.Search(asked, within);
        var lines = Masked(asking, [.. found.Select(identity => identity.Line)]);
        // A patient who asked for secrecy is not found by people who have nothing to do with him; a desk sees that a file exists.
        if (!desk && lines.Any(l => l.Masked)) (lines, total) = ([.. lines.Where(l => !l.Masked)], total - lines.Count(l => l.Masked));
        var search = inForce().Search;
        var shown = new FoundIdentities([.. lines.Take(Math.Min(!wide ? search.OwnRows : desk ? search.DeskRows : search.WideRows, AtOnce(asking, own: !wide)))], total, !wide);
        return await ShowAsync(asking, shown, f => f.Lines, "search").ConfigureAwait(false);
    }

    /// <summary>Before anything is found: many searches a minute, or searches in an order, ring whatever they find.</summary>
    private async ValueTask HeardAsync(PersonAsking asking, string text, IdentityRegistry.Asked asked)
    {
        int? ipp = asked.Number is { Length: 9 } number ? int.Parse(number, System.Globalization.CultureInfo.InvariantCulture) : null;
        var names = string.Join(' ', SearchText.Tokens(asked.Names));
        Alarm? alarm;
        lock (gate) alarm = bell.Searched(asking.Caller.Account, text.Trim(), new Step(ipp, asked.Date, names.Length > 0 ? names : null), asking.Now);
        if (alarm is null) return;
        await journal([alarm.Entry(asking.Now, asking.Caller.Session, asking.Caller.Station)]).ConfigureAwait(false);
        ring(alarm);
    }

    private async ValueTask<OrderedIdentities> OrderAsync(PersonAsking asking, OrderIdentities ask)
    {
        if (ask.Patients.Count > WorklistMost) throw new RefusedException(RefusalCodes.Invalid, "5 000 patients par liste de travail au plus.");
        if (ask.PageSize is < 1 or > PageRows || ask.Page is < 0 or > WorklistMost) throw new RefusedException(RefusalCodes.Invalid, "Pages de 1 à 100 lignes.");
        MaySee(asking);
        var most = Math.Min(ask.PageSize, AtOnce(asking, own: !RoleAccess.IsDesk(asking.Caller.Role)));
        var lines = Masked(asking, identities.Lines(Seen(asking, [.. ask.Patients.Distinct()])));
        var named = lines.OrderBy(l => l.Masked);
        var sorted = (ask.Sort switch { IdentitySort.BirthDate => named.ThenBy(l => l.BirthDate), IdentitySort.BirthDateDescending => named.ThenByDescending(l => l.BirthDate), _ => named })
            .ThenBy(l => l.UsedName ?? l.BirthName, StringComparer.Ordinal).ThenBy(l => l.GivenName, StringComparer.Ordinal).ThenBy(l => l.BirthDate).ThenBy(l => l.Ipp, StringComparer.Ordinal);
        var page = new OrderedIdentities([.. sorted.Skip(ask.Page * ask.PageSize).Take(most)], lines.Count);
        return await ShowAsync(asking, page, p => p.Lines, "worklist").ConfigureAwait(false);
    }

    private async ValueTask<IdentityLine> ChangeAsync(PersonAsking asking, string verb, string reason, Func<IdentityLine> change, params PatientId[] patients)
    {
        await AdmitsAsync(asking, patients).ConfigureAwait(false);
        return await DoneAsync(asking, change(), verb, reason.Trim(), patients).ConfigureAwait(false);
    }

    private async ValueTask MayAdmitAsync(PersonAsking asking)
    {
        if (!RoleAccess.MayAdmit(asking.Caller.Role)) throw new RefusedException(RefusalCodes.Role, "Votre fonction ne crée ni ne modifie d'identité. Adressez-vous aux admissions.");
        await identities.ReadyAsync().ConfigureAwait(false);
    }

    private static void MayMerge(PersonAsking asking)
    {
        if (!RoleAccess.MayMerge(asking.Caller.Role)) throw new RefusedException(RefusalCodes.Role, "Le rapprochement d'identités se fait aux admissions.");
    }

    private void CountCreated(PersonAsking asking)
    {
        lock (gate)
        {
            if (!_created.TryGetValue(asking.Caller.Account, out var hour)) _created[asking.Caller.Account] = hour = [];
            while (hour.Count > 0 && asking.Now - hour.Peek() > TimeSpan.FromHours(1)) hour.Dequeue();
            // The ceiling of the day grows with the base: nobody lifts it by inventing people.
            var most = inForce().Search.CreatedPerHour;
            if (hour.Count >= most) throw new RefusedException("identity.limit", $"{most} identités créées ou rapprochées en une heure par ce compte : un collègue prend la suite, ou attendez.");
            hour.Enqueue(asking.Now);
        }
    }

    /// <summary>One of the last hour, at start.</summary>
    public void Created(AccountId account, DateTimeOffset at)
    {
        if (!_created.TryGetValue(account, out var hour)) _created[account] = hour = [];
        hour.Enqueue(at);
    }

    /// <summary>May this person work on those identities, and see a line of each?</summary>
    private async ValueTask AdmitsAsync(PersonAsking asking, params PatientId[] patients)
    {
        await MayAdmitAsync(asking).ConfigureAwait(false);
        foreach (var patient in patients)
        {
            var known = Related(asking, patient) || JustCreated(asking, patient);
            if (identities.Of(patient).Secret && !KnowsSecret(asking, patient)) throw new RefusedException(RefusalCodes.SecrecyProtected, "Ce patient a demandé le secret sur sa présence. Seule son équipe de soins ouvre son identité.");
            if (!known && !RoleAccess.IsDesk(asking.Caller.Role)) throw new RefusedException(RefusalCodes.NoRelation, "Aucun lien de soin connu entre vous et ce patient. Adressez-vous aux admissions.");
        }
        MayShow(asking, patients);
    }

    private ValueTask BroughtAsync(MachineAsking asking, IReadOnlyList<PatientId> patients) =>
        journal([.. patients.Select(patient => new JournalEntry { Time = asking.Now, Kind = "identity.brought", Client = asking.Client, Patient = patient })]);

    private static void MaySee(PersonAsking asking)
    {
        if (!RoleAccess.MaySearch(asking.Caller.Role)) throw new RefusedException(RefusalCodes.Role, "Votre fonction ne voit pas les identités.");
    }

    private PatientId[] Seen(PersonAsking asking, IReadOnlyList<PatientId> patients) => RoleAccess.IsDesk(asking.Caller.Role) ? [.. patients] : [.. patients.Where(p => Related(asking, p))];

    private bool Related(PersonAsking asking, PatientId patient)
    {
        var aliases = identities.AliasesOf(patient);
        lock (gate) return relations.Explain(aliases, asking.Caller.Account, asking.Caller.Units, asking.Now) is not null;
    }

    /// <summary>Somebody else's act explains it: one's own claim lifts nobody's secret.</summary>
    private bool Explained(PersonAsking asking, PatientId patient)
    {
        var aliases = identities.AliasesOf(patient);
        lock (gate) return relations.Explain(aliases, asking.Caller.Account, asking.Caller.Units, asking.Now) is { SelfClaimed: false };
    }

    private bool KnowsSecret(PersonAsking asking, PatientId patient) => Explained(asking, patient) || JustCreated(asking, patient);

    private PersonAsking OfTheTeam(PersonAsking asking, PatientId patient) => KnowsSecret(asking, patient) ? asking
        : throw new RefusedException(RefusalCodes.SecrecyProtected, "Ce patient a demandé le secret sur sa présence. Seule son équipe de soins le lève.");

    private bool JustCreated(PersonAsking asking, PatientId patient) => JustCreated(asking.Caller.Account, patient, asking.Now);

    private bool JustCreated(AccountId account, PatientId patient, DateTimeOffset now) =>
        identities.History(patient) is [{ What: "created" } first, ..] && first.By == account && now - first.At < CreatorLife;

    private PatientId Living(PatientId patient) => identities.AliasesOf(patient)[0];

    /// <summary>Whether that person's presence is secret to somebody whom nobody else's act leads to him.</summary>
    /// <param name="living">The id of the person who is left of merged ones.</param>
    public bool Hides(PatientId living, AccountId from, DateTimeOffset now) => identities.Of(living).Secret && !JustCreated(from, living, now);

    private IReadOnlyList<IdentityLine> Masked(PersonAsking asking, IReadOnlyList<IdentityLine> lines) =>
        lines.Any(l => l.Secret) ? [.. lines.Select(line => line.Secret && !KnowsSecret(asking, line.Patient) ? Mask(line) : line)] : lines;

    private static IdentityLine Mask(IdentityLine line) =>
        new(line.Patient, "", "IDENTITE PROTEGEE", "", null, default, Sex.Unknown, IdentityStatus.Provisional, false, false, false, Secret: true, Masked: true);

    private string Name(AccountId account) { lock (gate) return nameOf(account); }

    private void MayShow(PersonAsking asking, IReadOnlyList<PatientId> patients)
    {
        lock (gate)
            if (!budgets.MayShow(asking.Caller.Account, Budget(asking), patients, [], asking.Now)) throw Touch();
    }

    private BudgetPolicy Budget(PersonAsking asking) => inForce().Budget(asking.Caller.Role);

    /// <summary>No answer is longer than one touch allows, else no touch would ever let it through.</summary>
    private int AtOnce(PersonAsking asking, bool own)
    {
        var policy = Budget(asking);
        lock (gate) return !own && budgets.BeyondStrangers(asking.Caller.Account, policy, asking.Now) ? policy.TouchEvery : policy.LinesSinceTouch;
    }

    private static RefusedException Touch() => new(RefusalCodes.Touch, "Beaucoup d'identités ont été affichées depuis votre dernier geste : touchez votre clé pour continuer.");

    /// <summary>Asked and counted in one hold of the lock: many requests at once get no more than one after the other.</summary>
    /// <returns>Who of them has no relation to the asker, and the alarm when these became many today.</returns>
    private (HashSet<PatientId> Strangers, Alarm? Alarm) Count(PersonAsking asking, PatientId[] patients)
    {
        var (account, policy) = (asking.Caller.Account, Budget(asking));
        var strangers = patients.Where(patient => !Related(asking, patient)).ToHashSet();
        lock (gate)
        {
            if (!budgets.MayShow(account, policy, patients, strangers, asking.Now)) throw Touch();
            var before = budgets.BeyondStrangers(account, policy, asking.Now);
            budgets.Show(account, patients, strangers, asking.Now);
            return (strangers, !before && budgets.BeyondStrangers(account, policy, asking.Now)
                ? new Alarm(AlarmKinds.Names, account, null, $"{policy.StrangerLines} identités de patients sans lien de soin affichées aujourd'hui par ce compte.") : null);
        }
    }

    /// <summary>Identity lines are data: counted, journaled, then shown. A masked line says nothing and costs nothing.</summary>
    private async ValueTask<T> ShowAsync<T>(PersonAsking asking, T reply, Func<T, IReadOnlyList<IdentityLine>> shown, string purpose)
    {
        var patients = shown(reply).Where(line => !line.Masked).Select(line => line.Patient).ToArray();
        if (patients.Length == 0) return reply;
        var (strangers, alarm) = Count(asking, patients);
        var entries = patients.Select(patient => Entry(asking, "identity.shown", patient) with { Purpose = purpose, Detail = strangers.Contains(patient) ? Stranger : null });
        if (alarm is not null) entries = entries.Append(alarm.Entry(asking.Now, asking.Caller.Session, asking.Caller.Station));
        await journal([.. entries]).ConfigureAwait(false);
        if (alarm is not null) ring(alarm);
        return reply;
    }

    /// <summary>What was changed is in the journal before the answer leaves; a change already made is never refused for its line.</summary>
    private async ValueTask<IdentityLine> DoneAsync(PersonAsking asking, IdentityLine line, string verb, string reason, params PatientId[] patients)
    {
        PatientId[] concerned = patients.Length == 0 ? [line.Patient] : patients;
        lock (gate) budgets.Show(asking.Caller.Account, concerned, [], asking.Now);
        await journal([.. concerned.SelectMany<PatientId, JournalEntry>(patient => [Entry(asking, verb, patient) with { Detail = reason }, Entry(asking, "identity.shown", patient) with { Purpose = verb }])]).ConfigureAwait(false);
        return line;
    }

    private static JournalEntry Entry(PersonAsking asking, string kind, PatientId patient) => new()
    {
        Time = asking.Now,
        Kind = kind,
        Account = asking.Caller.Account,
        Session = asking.Caller.Session,
        Station = asking.Caller.Station,
        Patient = patient,
        Domain = Domain.Identity,
    };
}
