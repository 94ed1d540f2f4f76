using System.Globalization;
using System.Text;
using System.Text.Json;
using Serment.Custodian.Accounts;
using Serment.Custodian.Approvals;
using Serment.Custodian.Journal;
using Serment.Custodian.Keys;

namespace Serment.Custodian.Requests;

/// <summary>
/// A Custodian restored from an older day than the database. The Server says what it misses; two officers accept to go on; then nobody
/// is orphaned: every pseudonym becomes an identity to be re-established and every stay has its unit back. docs/decisions/0020.
/// </summary>
internal sealed partial class Cell
{
    private const int AskedAtOnce = 10_000, WritesAPage = 5_000, UnknownMost = 100_000;
    private ReportGap? _gap;
    private long _gapAccepted;
    private JournalHead? _headAccepted;

    private void RegisterGaps()
    {
        if (_store.Get("gap", "accepted") is { } kept) _gapAccepted = long.Parse(Encoding.ASCII.GetString(kept), CultureInfo.InvariantCulture);
        if (_store.Get("gap", "head") is { } head) _headAccepted = JsonSerializer.Deserialize<JournalHead>(head, WireJson.Options);
        _verbs.Nobody(GapVerbs.Root, async (asking, ask) =>
        {
            OfTheServer(asking);
            var now = await _journal.HeadAsync().ConfigureAwait(false);
            return new JournalRoots(_journal.RootAt(ask.Size), now);
        });
        _verbs.Nobody(GapVerbs.State, (asking, _) => { OfTheServer(asking); return ValueTask.FromResult(GapNow()); });
        _verbs.Nobody(GapVerbs.Unknown, (asking, ask) =>
        {
            OfTheServer(asking);
            if (ask.Patients.Count > AskedAtOnce) throw new RefusedException(RefusalCodes.Invalid, $"{AskedAtOnce} pseudonymes par demande au plus.");
            return ValueTask.FromResult(new UnknownPatients([.. ask.Patients.Where(patient => !_identities.Exists(patient))]));
        });
        _verbs.Nobody(GapVerbs.Writes, (asking, ask) => { OfTheServer(asking); return ValueTask.FromResult(WritesFrom(ask.From)); });
        _verbs.Nobody(GapVerbs.Report, (asking, ask) =>
        {
            OfTheServer(asking);
            if (ask.Seen <= _journal.Size && !Forked(ask)) throw new RefusedException("gap.none", "Ce gardien compte autant d'entrées que le serveur en a vu : rien ne manque.");
            if (ask.Rows is { Count: > PatientKeys.Most } || ask.Unknown.Count > UnknownMost || ask.Stays.Count > 3 * Locking(() => Beds) + 500) throw new RefusedException(RefusalCodes.Invalid, "Ce rapport dépasse ce qu'un établissement peut avoir perdu. Restaurez une sauvegarde plus récente du gardien.");
            return Locked(() => { _gap = ask with { Unknown = [.. ask.Unknown.Distinct().Where(patient => !_identities.Exists(patient))], Stays = [.. ask.Stays.Where(stay => !_relations.Follows(stay))] }; return Done.It; });
        });
        _verbs.Person(GapVerbs.Claim, (asking, _) => Locked(() => AnyOfficer(asking, new GapClaimed(_gap is { } gap ? Claimed(gap) : null))));
        _verbs.Person(GapVerbs.Propose, (asking, _) =>
        {
            OnPage(asking);
            return ProposeAsync(asking, () =>
            {
                var gap = _gap ?? throw new RefusedException("gap.none", "Aucun serveur ne dit qu'il manque quelque chose à ce gardien.");
                return _approvals.Propose(By(asking), new ShorterJournal(gap, _journal.Size), InWords(Claimed(gap)), asking.Now);
            });
        });
    }

    /// <summary>What two officers signed. Journaled first; done again after a crash, it finds what it did and adds nothing.</summary>
    private async ValueTask AcceptGapAsync(ShorterJournal accepted, PersonAsking asking)
    {
        var gap = accepted.Gap;
        var unknown = gap.Unknown.Where(patient => !_identities.Exists(patient)).ToArray();
        var (from, to) = (_patientKeys.Version, Beyond(gap) is [.., var highest] ? highest.Version : 0);
        await JournalAsync([
            new JournalEntry { Time = asking.Now, Kind = "journal.gap", Account = asking.Caller.Account, Session = asking.Caller.Session, Detail = $"{accepted.Size} {gap.Seen}" },
            .. to > from ? [KeyVersionEntry(from, to, asking.Caller.Account, asking.Caller.Session, asking.Now)] : Array.Empty<JournalEntry>(),
            .. unknown.Select(patient => new JournalEntry { Time = asking.Now, Kind = "identity.to-re-establish", Account = asking.Caller.Account, Patient = patient, Domain = Domain.Identity })]).ConfigureAwait(false);
        await _identities.ReadyAsync().ConfigureAwait(false);
        _identities.ToReestablish(unknown, asking.Caller.Account, asking.Now);
        lock (_gate)
        {
            foreach (var stay in gap.Stays.Where(stay => _identities.Exists(stay.Patient) && !_relations.Follows(stay)))
            {
                // What the database holds is the Server's word: it opens, and is everyone's own claim until somebody writes in the file.
                // A stay that this Custodian knows as another patient's stays as it is known.
                try { _relations.IntendStay(new IntendStay(stay.Stay, stay.Patient, stay.Present ? "present" : "expected", stay.Responsible, stay.Housing, stay.Expected), null, asking.Now, OnePerson, claimed: true); }
                catch (RefusedException) { continue; }
                _relations.ConfirmStay(stay.Stay, asking.Now);
            }
            RaiseKeyVersion(to, "Reprise d'un gardien plus ancien que les dossiers", asking.Now);
            _store.Put(("gap", "accepted", Encoding.ASCII.GetBytes(gap.Seen.ToString(CultureInfo.InvariantCulture))), ("gap", "head", JsonSerializer.SerializeToUtf8Bytes(gap.Head, WireJson.Options)));
            (_gapAccepted, _headAccepted, _gap) = (gap.Seen, gap.Head, null);
        }
    }

    private GapState GapNow() => _journal.Size is var size and > 0 ? new GapState(size, _journal.At(size - 1).Entry.Time, _gapAccepted, _headAccepted) : new GapState(0, DateTimeOffset.UnixEpoch, _gapAccepted, _headAccepted);

    /// <summary>What the Server has seen is as long as this journal's beginning, and is another.</summary>
    private bool Forked(ReportGap gap) => gap.Head is { } head && _journal.RootAt(head.Size) is { } root && !root.AsSpan().SequenceEqual(head.Root);

    private JournaledWrites WritesFrom(long from)
    {
        var size = _journal.Size;
        NumberedEntry[] found = [.. _journal.Read(new JournalQuestion { Kinds = ["write", "encrypt"], FromIndex = from, BeforeIndex = size, OldestFirst = true }).Take(WritesAPage)];
        return new JournaledWrites([.. found.Select(at => new JournaledWrite(at.Index, at.Entry.Time, _identities.AliasesOf(at.Entry.Patient!.Value), at.Entry.Domain!.Value, at.Entry.Kind == "encrypt"))],
            found.Length < WritesAPage ? size : found[^1].Index + 1, size);
    }

    private GapClaim Claimed(ReportGap gap)
    {
        var (now, beyond) = (GapNow(), Beyond(gap));
        return new(gap.Seen, now.Size, now.LastAt, gap.Written, gap.Unknown.Count, gap.Stays.Count, beyond is [.., var highest] ? highest.Version : null, beyond, gap.AlteredRows, gap.Seen <= now.Size && Forked(gap));
    }

    /// <summary>Versions that rows name and that this Custodian does not know, ascending. One that cannot be raises nothing.</summary>
    private KeyVersionRows[] Beyond(ReportGap gap) => [.. (gap.Rows ?? []).Where(rows => KeyVersionRows.CanBe(rows.Version) && rows.Version > _patientKeys.Version).OrderBy(rows => rows.Version)];

    private static string InWords(GapClaim claim) =>
        (claim.Forked
            ? $"Reprendre avec un autre journal. Le serveur dit en avoir vu un de {claim.Seen} entrées ; ce gardien en a {claim.Size}, mais ses {claim.Seen} premières sont autres : une copie plus ancienne a continué à côté. Où les deux se séparent, leurs empreintes ne le disent pas. "
            : $"Reprendre avec un journal plus court. Le serveur dit avoir vu {claim.Seen} entrées ; ce gardien en a {claim.Size}, la dernière du {ClinicalTime.Local(claim.LastAt).ToString("d MMMM yyyy 'à' HH:mm", ClinicalTime.French)}. ")
        + $"Ne signez que si vous savez que le gardien a été remis d'une sauvegarde : il ne peut pas le savoir lui-même. Les accès qui suivirent ne pourront plus être montrés aux patients, et les comptes, droits et approbations de cette période sont à refaire. {claim.Unknown} patients n'existent plus que par leur pseudonyme : chacun devient une « identité à rétablir ». "
        + $"{claim.Stays} séjours en cours retrouvent leur unité d'après la base des dossiers, et comptent comme déclarés par qui les ouvre jusqu'à ce qu'un soignant y écrive. "
        + (claim.Forked ? "Tout ce qui fut écrit reste dans les dossiers." : $"{claim.Written} éléments écrits depuis restent dans les dossiers.")
        + (claim.AlteredRows > 0 ? $" {claim.AlteredRows} éléments nomment une version de clés qui ne peut exister : ils sont altérés, et n'y changent rien." : "")
        + (claim.KeyVersion is not { } version ? "" : $" Des éléments nomment des versions de clés que ce gardien n'a pas encore, {string.Join(", ", claim.Beyond!.Select(rows => $"version {rows.Version} : {rows.Rows} éléments"))}. Ces numéros ne sont pas prouvés : qui écrit dans la base a pu les y mettre. "
            + $"Le gardien reprend à la version {version} et ne revient jamais à une version d'avant ; un établissement en a {PatientKeys.Most} au plus.");

    /// <summary>What records hold is the Server's to say; any process of the machine reaches the page.</summary>
    private static void OfTheServer(NobodyYet asking)
    {
        if (asking.OnPage) throw new RefusedException(RefusalCodes.Malformed, "Cette demande ne se fait pas sur la page du gardien.");
    }
}
