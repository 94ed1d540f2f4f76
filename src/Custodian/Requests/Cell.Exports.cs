using System.Security.Cryptography;
using System.Text.Json;
using Serment.Custodian.Approvals;
using Serment.Custodian.Exports;
using Serment.Custodian.Journal;

namespace Serment.Custodian.Requests;

/// <summary>Bulk exports. A block's order: export open → journal durable → keys derived and sealed to the recipient → given out.</summary>
internal sealed partial class Cell
{
    private ExportBook _exports = null!;

    private void LoadExports()
    {
        _exports = new ExportBook(_approvals, _clients, rows => _store.Put(rows));
        foreach (var (_, json) in _store.All(ExportBook.Kind)) _exports.Load(json);
        foreach (var (id, json) in _store.All(ExportBook.BlockKind)) _exports.LoadBlock(id, json);
    }

    private void RegisterExports()
    {
        _verbs.Person(ExportVerbs.Propose, (asking, ask) =>
        {
            var list = ListOf(asking, ask.Patients)!;
            return ProposeAsync(asking, () => _exports.Propose(By(asking), ask, list, asking.Now));
        });
        _verbs.Person(ExportVerbs.List, (asking, _) => Locked(() => AnyOfficer(asking, _exports.Lines())));
        _verbs.Person(ExportVerbs.Freeze, (asking, ask) => FreezeWorkAsync(asking, "export.frozen", ask.Export.ToString()!, Words.Checked(ask.Reason, "Pourquoi cet export est gelé", 5, 500), () => _exports.Freeze(ask.Export).Client));
        _verbs.Machine(ExportVerbs.Own, (asking, _) => { asking.Needs(ExportBook.Scope); return Locked(() => _exports.Own(asking.Client)); });
        _verbs.Machine(ExportVerbs.Block, BlockAsync);
        _verbs.Machine(ExportVerbs.Seal, async (asking, ask) =>
        {
            asking.Needs(ExportBook.Scope);
            var export = Locking(() => _exports.Check(asking.Client, ask, _file.Cell));
            var text = ExportManifest.NoteText(_file.Cell, export.Id, ask.Manifest);
            await JournalAsync([new JournalEntry { Time = asking.Now, Kind = "export.sealed", Client = asking.Client, Ground = export.Id.ToString(), Detail = text }]).ConfigureAwait(false);
            lock (_gate) _exports.Sealed(export, asking.Now);
            return new SealedExport(RecipientSeal.Note(text, _keys.JournalSeed(), $"serment/{_file.Cell}"));
        });
    }

    private async ValueTask<ExportedBlock> BlockAsync(MachineAsking asking, BlockOfExport ask)
    {
        asking.Needs(ExportBook.Scope);
        var (export, patients) = Locking(() => _exports.Give(asking.Client, ask, asking.Now));
        Domain[] kinds = export.Names ? [.. export.Domains, Domain.Identity] : [.. export.Domains];
        await JournalAsync([.. patients.SelectMany(patient => kinds.SelectMany(kind => UnderEach(_identities.AliasesOf(patient, export.From), new JournalEntry
        {
            Time = asking.Now,
            Kind = "export",
            Client = asking.Client,
            Domain = kind,
            Purpose = "export",
            Ground = export.Id.ToString(),
        })))]).ConfigureAwait(false);
        var plain = JsonSerializer.SerializeToUtf8Bytes(new ExportKeys(ExportManifest.CurrentFormat, _file.Cell, export.Id, ask.Block, [.. patients.Select(patient => Exported(export, patient, asking.Now))]), WireJson.Options);
        var keys = RecipientSeal.Seal(plain, export.Certificate, asking.Now);
        CryptographicOperations.ZeroMemory(plain);
        lock (_gate) _exports.Gave(export, ask.Block, keys);
        return new ExportedBlock([.. patients.SelectMany(patient => _identities.AliasesOf(patient, export.From))], keys);
    }

    private ExportedPatient Exported(BulkExport export, PatientId patient, DateTimeOffset now)
    {
        var aliases = _identities.AliasesOf(patient, export.From);
        var who = export.Names || export.Project is not null ? _identities.Of(aliases[0]) : null;
        return new ExportedPatient(patient,
            who is null || !export.Names ? null : Exported(who),
            _patientKeys.Of(aliases, export.Domains),
            export.Project is { } project && who is not null ? new ResearchSubject(_keys.Pseudonym(project, aliases[0]), Years(who.Traits.BirthDate, ClinicalTime.Day(now)), who.Traits.Sex) : null);
    }

    private static ExportedIdentity Exported(Identities.Identity who) => new(Identities.Identity.Number(who.Ipp), who.Traits, who.Status, who.Doubtful, who.Homonym, who.Fictitious, who.Secret);

    private static int Years(DateOnly birth, DateOnly today) => Math.Clamp(today.Year - birth.Year - (today.DayOfYear < birth.DayOfYear ? 1 : 0), 0, 90);
}
