using System.Security.Cryptography;
using System.Text.Json;
using Serment.Custodian.Approvals;
using Serment.Custodian.Exports;
using Serment.Custodian.Journal;
using Serment.Custodian.Packs;

namespace Serment.Custodian.Requests;

/// <summary>
/// Downtime packs. The Custodian says who is present, never the Server; order: pack open → present → journal durable → keys derived and
/// sealed to the ward's device. An opening is told afterwards and journaled then, patient by patient.
/// </summary>
internal sealed partial class Cell
{
    private PackBook _packs = null!;

    private void LoadPacks()
    {
        _packs = new PackBook(_approvals, _clients, unit => UnitName(unit) ?? throw new RefusedException(RefusalCodes.NotFound, "Cette unité n'existe pas."), rows => _store.Put(rows));
        foreach (var (_, json) in _store.All(PackBook.Kind)) _packs.Load(json);
        foreach (var (id, _) in _store.All(PackBook.OpeningKind)) _packs.LoadOpening(id);
    }

    private void RegisterPacks()
    {
        _verbs.Person(PackVerbs.Propose, (asking, ask) => ProposeAsync(asking, () => _packs.Propose(By(asking), ask, asking.Now)));
        _verbs.Person(PackVerbs.List, (asking, _) => Locked(() => AnyOfficer(asking, _packs.Lines(asking.Now))));
        _verbs.Person(PackVerbs.Freeze, (asking, ask) => FreezeWorkAsync(asking, "pack.frozen", ask.Pack.ToString()!, Words.Checked(ask.Reason, "Pourquoi ce dossier de secours est gelé", 5, 500), () => _packs.Freeze(ask.Pack).Client));
        _verbs.Machine(PackVerbs.Refresh, (asking, _) => RefreshAsync(asking));
        _verbs.Anyone(PackVerbs.Opened, OpenedAsync);
        _verbs.Anyone(PackVerbs.Seen, ask => Locked(() => { _packs.Sighted(ask, _time.GetUtcNow()); return Done.It; }));
    }

    private async ValueTask<RefreshedPack> RefreshAsync(MachineAsking asking)
    {
        asking.Needs(PackBook.Scope);
        var (pack, unit, present, fresh) = Locking(() =>
        {
            var due = _packs.Due(asking.Client, asking.Now);
            if (_stops.FrozenUnits.Contains(due.Unit)) throw new RefusedException("pack.frozen", "L'unité est gelée : son dossier de secours n'est plus mis à jour.");
            var label = _units.FirstOrDefault(one => one.Unit == due.Unit) ?? throw new RefusedException(RefusalCodes.NotFound, "Cette unité n'existe plus.");
            // Each person's files as they are at this moment: what is journaled is what is sealed, whatever is merged meanwhile.
            IReadOnlyList<PatientId>[] there = [.. _relations.PresentIn(due.Unit, asking.Now).Select(patient => _identities.AliasesOf(patient)).DistinctBy(files => files[0]).OrderBy(files => files[0].Value)];
            if (there.Length > PackBook.Most) throw new RefusedException("pack.large", $"Un dossier de secours porte {PackBook.Most} patients au plus, et {there.Length} sont présents dans l'unité : divisez l'unité.");
            return (due, label, there, _packs.Fresh(due, there, asking.Now));
        });
        await JournalAsync(PackEntries(pack, fresh, "pack", null, asking.Now)).ConfigureAwait(false);
        // A freeze that was answered meanwhile holds; of two that ask at once, one is answered.
        lock (_gate) _packs.Due(asking.Client, asking.Now);
        var plain = JsonSerializer.SerializeToUtf8Bytes(new PackKeys(PackKeys.CurrentFormat, _file.Cell, _file.Name, pack.Id, unit.Name, asking.Now, unit.Beds, [.. present.Select(Packed)]), WireJson.Options);
        var keys = RecipientSeal.Seal(plain, pack.Certificate, asking.Now);
        CryptographicOperations.ZeroMemory(plain);
        lock (_gate) _packs.Refreshed(pack, present, fresh, asking.Now);
        return new RefreshedPack(pack.Id, pack.Unit, asking.Now, [.. present.SelectMany(files => files)], keys, Noted(PackKeys.NoteText(_file.Cell, pack.Id, asking.Now, keys)));
    }

    private ExportedPatient Packed(IReadOnlyList<PatientId> files) => new(files[0], Exported(_identities.Of(files[0])), _patientKeys.Of(files, PackKeys.Domains));

    private string Noted(string text) => RecipientSeal.Note(text, _keys.JournalSeed(), $"serment/{_file.Cell}");

    /// <summary>Only of patients whose key that pack was given: a device speaks of nobody else. The receipt comes when the journal has it, and again whenever it is told again.</summary>
    private async ValueTask<OpeningReceipt> OpenedAsync(ReportOpening ask)
    {
        var now = _time.GetUtcNow();
        var receipt = new OpeningReceipt(Noted(OpeningReceipt.NoteText(_file.Cell, ask.Pack, ask.Opening)));
        if (Locking(() => _packs.Heard(ask)) is not var (pack, opening)) return receipt;
        foreach (var patient in opening.Patients)
            if (!_journal.Read(new JournalQuestion { Patients = [patient], Client = pack.Client, Kinds = ["pack"] }).Any()) throw new RefusedException(RefusalCodes.Invalid, "Ce compte rendu nomme un patient que ce dossier de secours n'a jamais porté.");
        var at = Words.Moment(opening.At);
        await JournalAsync(PackEntries(pack, [.. opening.Patients.Select(_identities.AliasesOf)], "pack-opened", $"{opening.By.Trim()}, {at} : {opening.Reason.Trim()}", now)).ConfigureAwait(false);
        lock (_gate) _packs.Told(pack, ask, opening);
        return receipt;
    }

    /// <summary>One entry for each patient and each kind of data that a pack holds of him.</summary>
    private JournalEntry[] PackEntries(Pack pack, IReadOnlyList<IReadOnlyList<PatientId>> people, string kind, string? detail, DateTimeOffset now) =>
        [.. people.SelectMany(files => PackKeys.Domains.Append(Domain.Identity).SelectMany(domain => UnderEach(files, new JournalEntry
        {
            Time = now,
            Kind = kind,
            Client = pack.Client,
            Domain = domain,
            Purpose = "DowntimePacks",
            Ground = pack.Id.ToString(),
            Detail = detail,
        })))];
}
