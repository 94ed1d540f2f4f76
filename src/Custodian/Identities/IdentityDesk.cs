using Serment.Custodian.Accounts;
using Serment.Custodian.Budgets;
using Serment.Custodian.Journal;
using Serment.Custodian.Relations;
using Serment.Custodian.Requests;

namespace Serment.Custodian.Identities;

/// <summary>
/// What may be asked about who people are, and by whom. Order of every question: role → relation (or desk, or who has just
/// created the identity) → secrecy → lines still allowed → the registry → counted and journaled → shown.
/// Relations and budgets are read under the cell's lock, the registry outside of it.
/// </summary>
internal sealed class IdentityDesk(IdentityRegistry identities, RelationBook relations, BudgetLedger budgets, Func<IReadOnlyList<JournalEntry>, ValueTask> journal, Func<AccountId, string> nameOf, Lock gate)
{
    private const int DeskRows = 50, WideRows = 10, OwnRows = 60, PageRows = 100, WorklistMost = 5000;
    private static readonly TimeSpan CreatorLife = TimeSpan.FromHours(24);

    public void Register(VerbTable verbs)
    {
        verbs.Person(IdentityVerbs.Create, CreateAsync);
        verbs.Machine(IdentityVerbs.Create, async (asking, ask) =>
        {
            asking.Needs("identity:create");
            if (ask.Source is null) throw new RefusedException(RefusalCodes.Invalid, "Un import donne la référence de sa source.");
            await identities.ReadyAsync().ConfigureAwait(false);
            var created = identities.Create(ask, null, asking.Now);
            // A machine learns ids, never who is there already: one who bears the same matricule is the same person, by his pseudonym alone.
            var same = ask.DespiteDuplicates && created is { Created: null, LikelyDuplicates: [var bearer] } ? Mask(bearer) : null;
            return new IdentityCreated(created.Created ?? same, []);
        });
        verbs.Person(IdentityVerbs.Unknown, async (asking, ask) =>
        {
            await MayAdmitAsync(asking).ConfigureAwait(false);
            return await DoneAsync(asking, identities.CreateUnknown(ask, asking.Caller.Account, asking.Now), IdentityVerbs.Unknown.Name, "").ConfigureAwait(false);
        });
        verbs.Person(IdentityVerbs.Newborns, async (asking, ask) =>
        {
            await AdmitsAsync(asking, ask.Mother).ConfigureAwait(false);
            var children = identities.CreateNewborns(ask, asking.Caller.Account, asking.Now);
            foreach (var child in children) await DoneAsync(asking, child, IdentityVerbs.Newborns.Name, "").ConfigureAwait(false);
            return new IdentityLines(children);
        });
        verbs.Person(IdentityVerbs.Find, FindAsync);
        verbs.Person(IdentityVerbs.Lines, async (asking, ask) =>
        {
            if (ask.Patients.Count > PageRows) throw new RefusedException(RefusalCodes.Invalid, "100 lignes d'identité par page au plus.");
            MaySee(asking);
            return await ShowAsync(asking, new IdentityLines(Masked(asking, identities.Lines(Seen(asking, ask.Patients)))), r => r.Lines, "page").ConfigureAwait(false);
        });
        verbs.Person(IdentityVerbs.Order, OrderAsync);
        verbs.Person(IdentityVerbs.Correct, (asking, ask) => ChangeAsync(asking, IdentityVerbs.Correct.Name, ask.Reason, () => identities.Correct(ask, asking.Caller.Account, asking.Now), ask.Patient));
        verbs.Person(IdentityVerbs.Mark, (asking, ask) => ChangeAsync(asking, IdentityVerbs.Mark.Name, ask.Reason, () => identities.Mark(ask, asking.Caller.Account, asking.Now), ask.Patient));
        verbs.Person(IdentityVerbs.Protect, (asking, ask) => ChangeAsync(asking, IdentityVerbs.Protect.Name, ask.Reason, () => identities.Protect(ask, asking.Caller.Account, asking.Now), ask.Patient));
        verbs.Person(IdentityVerbs.Merge, (asking, ask) => ChangeAsync(asking, IdentityVerbs.Merge.Name, ask.Reason, () => identities.Merge(ask, asking.Caller.Account, asking.Now), ask.Kept, ask.Absorbed));
        verbs.Person(IdentityVerbs.Unmerge, (asking, ask) => ChangeAsync(asking, IdentityVerbs.Unmerge.Name, ask.Reason, () => identities.Unmerge(ask, asking.Caller.Account, asking.Now), ask.Absorbed));
        verbs.Person(IdentityVerbs.Traits, async (asking, ask) =>
        {
            await AdmitsAsync(asking, ask.Patient).ConfigureAwait(false);
            var identity = identities.Of(ask.Patient);
            return await ShowAsync(asking, new IdentityCard(identity.Line, identity.Traits, identity.Mother, identity.BirthRank, identities.Absorbed(identity.Id)), c => [c.Line], "traits").ConfigureAwait(false);
        });
        verbs.Person(IdentityVerbs.History, async (asking, ask) =>
        {
            await AdmitsAsync(asking, ask.Patient).ConfigureAwait(false);
            var line = identities.Of(ask.Patient).Line;
            var steps = identities.History(ask.Patient).Reverse().Select(s => new IdentityStep(s.At, s.What, s.By is { } by ? Name(by) : "Interface", s.Reason, s.Before, s.StatusBefore));
            return await ShowAsync(asking, new IdentityHistory([.. steps]), _ => [line], "history").ConfigureAwait(false);
        });
    }

    private async ValueTask<IdentityCreated> CreateAsync(PersonAsking asking, CreateIdentity ask)
    {
        await MayAdmitAsync(asking).ConfigureAwait(false);
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
        var (found, total) = identities.Search(asked, within);
        var lines = Masked(asking, [.. found.Select(identity => identity.Line)]);
        // A patient who asked for secrecy is not found by people who have nothing to do with him; a desk sees that a file exists.
        if (!desk && lines.Any(l => l.Masked)) (lines, total) = ([.. lines.Where(l => !l.Masked)], total - lines.Count(l => l.Masked));
        var shown = new FoundIdentities([.. lines.Take(!wide ? OwnRows : desk ? DeskRows : WideRows)], total, !wide);
        return await ShowAsync(asking, shown, f => f.Lines, "search").ConfigureAwait(false);
    }

    private async ValueTask<OrderedIdentities> OrderAsync(PersonAsking asking, OrderIdentities ask)
    {
        if (ask.Patients.Count > WorklistMost) throw new RefusedException(RefusalCodes.Invalid, "5 000 patients par liste de travail au plus.");
        if (ask.PageSize is < 1 or > PageRows || ask.Page is < 0 or > WorklistMost) throw new RefusedException(RefusalCodes.Invalid, "Pages de 1 à 100 lignes.");
        MaySee(asking);
        var lines = Masked(asking, identities.Lines(Seen(asking, [.. ask.Patients.Distinct()])));
        var named = lines.OrderBy(l => l.Masked);
        var sorted = (ask.Sort switch { IdentitySort.BirthDate => named.ThenBy(l => l.BirthDate), IdentitySort.BirthDateDescending => named.ThenByDescending(l => l.BirthDate), _ => named })
            .ThenBy(l => l.UsedName ?? l.BirthName, StringComparer.Ordinal).ThenBy(l => l.GivenName, StringComparer.Ordinal).ThenBy(l => l.BirthDate).ThenBy(l => l.Ipp, StringComparer.Ordinal);
        var page = new OrderedIdentities([.. sorted.Skip(ask.Page * ask.PageSize).Take(ask.PageSize)], lines.Count);
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

    /// <summary>May this person work on those identities, and see a line of each?</summary>
    private async ValueTask AdmitsAsync(PersonAsking asking, params PatientId[] patients)
    {
        await MayAdmitAsync(asking).ConfigureAwait(false);
        foreach (var patient in patients)
        {
            var known = Related(asking, patient) || JustCreated(asking, patient);
            if (!known && identities.Of(patient).Secret) throw new RefusedException(RefusalCodes.SecrecyProtected, "Ce patient a demandé le secret sur sa présence. Seule son équipe de soins ouvre son identité.");
            if (!known && !RoleAccess.IsDesk(asking.Caller.Role)) throw new RefusedException(RefusalCodes.NoRelation, "Aucun lien de soin connu entre vous et ce patient. Adressez-vous aux admissions.");
        }
        MayShow(asking, patients);
    }

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

    private bool JustCreated(PersonAsking asking, PatientId patient) =>
        identities.History(patient) is [{ What: "created" } first, ..] && first.By == asking.Caller.Account && asking.Now - first.At < CreatorLife;

    private IReadOnlyList<IdentityLine> Masked(PersonAsking asking, IReadOnlyList<IdentityLine> lines) =>
        lines.Any(l => l.Secret) ? [.. lines.Select(line => line.Secret && !Related(asking, line.Patient) ? Mask(line) : line)] : lines;

    private static IdentityLine Mask(IdentityLine line) =>
        new(line.Patient, "", "IDENTITE PROTEGEE", "", null, default, Sex.Unknown, IdentityStatus.Provisional, false, false, false, Secret: true, Masked: true);

    private string Name(AccountId account) { lock (gate) return nameOf(account); }

    private void MayShow(PersonAsking asking, IReadOnlyList<PatientId> patients)
    {
        lock (gate)
            if (!budgets.MayShow(asking.Caller.Account, BudgetPolicy.Starting[BudgetPolicy.ClassOf(asking.Caller.Role)], patients, asking.Now))
                throw new RefusedException(RefusalCodes.Touch, "Beaucoup d'identités ont été affichées depuis votre dernier geste : touchez votre clé pour continuer.");
    }

    /// <summary>Identity lines are data: counted, journaled, then shown. A masked line says nothing and costs nothing.</summary>
    private async ValueTask<T> ShowAsync<T>(PersonAsking asking, T reply, Func<T, IReadOnlyList<IdentityLine>> shown, string purpose)
    {
        var patients = shown(reply).Where(line => !line.Masked).Select(line => line.Patient).ToArray();
        if (patients.Length == 0) return reply;
        MayShow(asking, patients);
        lock (gate) budgets.Show(asking.Caller.Account, patients, asking.Now);
        await journal([.. patients.Select(patient => Entry(asking, "identity.shown", patient) with { Purpose = purpose })]).ConfigureAwait(false);
        return reply;
    }

    /// <summary>What was changed is in the journal before the answer leaves; a change already made is never refused for its line.</summary>
    private async ValueTask<IdentityLine> DoneAsync(PersonAsking asking, IdentityLine line, string verb, string reason, params PatientId[] patients)
    {
        PatientId[] concerned = patients.Length == 0 ? [line.Patient] : patients;
        lock (gate) budgets.Show(asking.Caller.Account, concerned, asking.Now);
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
