using Serment.Records.Administrative;
using Serment.Records.Entries;
using Serment.Records.Incidents;
using Serment.Server.Signing;
using Serment.Server.Ui;

namespace Serment.Server.Letters;

/// <summary>
/// The letters of one incident, under the mandate that two officers signed for it: for each patient that the mandate hands over, what was seen of
/// him, his address under a key on loan, then paper or mail. A hundred at a time, whatever the whole.
/// </summary>
/// <param name="printer">Null: pages are left as HTML.</param>
/// <param name="mail">Null: everything goes by post.</param>
internal sealed class LetterRun(Signer machine, EntriesDoor entries, IncidentId incident, LetterWords words, string folder, Printer? printer, LetterMail? mail, Action<LettersProgress> say)
{
    private sealed record Written(PatientId Patient, string Ipp, LetterWay Way, Article34Letter? Letter);

    public async Task<int> RunAsync(Func<TimeSpan, CancellationToken, Task> wait, CancellationToken cancel)
    {
        using var book = new LetterBook(folder);
        return await new MandateWorker(machine, wait).RunAsync((lease, stop) => WriteAsync(lease, book, stop), cancel: cancel).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<PatientId>> WriteAsync(MandateLease lease, LetterBook book, CancellationToken cancel)
    {
        var seen = (await machine.AskAsync(IncidentVerbs.Exposed, new ExposedAsked(incident, [.. lease.Patients.Select(p => p.Patient)]), cancel).ConfigureAwait(false)).Patients.ToDictionary(p => p.Patient);
        var written = new List<Written>();
        foreach (var patient in lease.Patients)
        {
            var (ipp, who) = (patient.Identity?.Ipp ?? patient.Patient.ToString()!, patient.Identity);
            if (book.Of(ipp) is { } before) written.Add(new(patient.Patient, ipp, before, null));
            else if (who is null || !seen.TryGetValue(patient.Patient, out var opened)) written.Add(new(patient.Patient, ipp, LetterWay.Aside, null));
            else written.Add(await ComposeAsync(patient, who, opened, lease.ExpiresAt, book, cancel).ConfigureAwait(false));
        }
        var part = book.Parts + 1;
        await PrintAsync([.. written.Where(w => w.Way is LetterWay.Post && w.Letter is not null).Select(w => w.Letter!)], part, cancel).ConfigureAwait(false);
        book.Done(written.Where(w => book.Of(w.Ipp) is null).Select(w => (w.Ipp, w.Way)), part);
        say(await machine.AskAsync(IncidentVerbs.Sent, new LettersSent(incident, [.. written.Select(w => new LetterSent(w.Patient, w.Way))]), cancel).ConfigureAwait(false));
        return [.. written.Select(w => w.Patient)];
    }

    private async Task<Written> ComposeAsync(MandatedPatient patient, IdentityLine who, ExposedPatient opened, DateTimeOffset until, LetterBook book, CancellationToken cancel)
    {
        using var keys = new FileKeys(until, new Dictionary<PatientId, IReadOnlyList<PatientId>> { [patient.Patient] = patient.Aliases }, patient.Keys.Select(PatientFiles.Lent));
        var file = (await entries.ReadAsync(keys, patient.Patient, [Domain.Administrative], cancel).ConfigureAwait(false)).FirstOrDefault(e => e.Content.Room == AdministrativeFile.Room && !e.Content.Withdrawn)?.Body<AdministrativeFile>() ?? new AdministrativeFile();
        var title = who.Sex switch { Sex.Female => "Mme ", Sex.Male => "M. ", _ => "" };
        IReadOnlyList<string> address = file.Address is { Length: > 0 } street && file.City is { Length: > 0 } city ? [street, $"{file.PostalCode} {city}".Trim()] : [];
        var to = new Addressee(title + French.Name(who), address, file.Email, who.BirthDate > ClinicalTime.Day(DateTimeOffset.UtcNow).AddYears(-18), Deceased: false, who.Ipp);
        var letter = Article34Letter.For(words, to, [.. opened.Domains.Select(d => new SeenDomain(d.Domain, d.First, d.Last))]);
        // A letter at home would tell the household what the patient asked to keep; a doubtful identity might tell a stranger.
        if (who.Secret || who.Doubtful || who.Fictitious) return new(patient.Patient, who.Ipp, LetterWay.Aside, null);
        if (mail is not null && !to.Minor && to.Email is { Length: > 0 } && await mail.SendAsync(letter, words, incident, cancel).ConfigureAwait(false))
        {
            // A message cannot be taken back: it is on the disk before the next one goes.
            book.Done([(who.Ipp, LetterWay.Mail)], book.Parts);
            return new(patient.Patient, who.Ipp, LetterWay.Mail, null);
        }
        return address.Count > 0 ? new(patient.Patient, who.Ipp, LetterWay.Post, letter) : new(patient.Patient, who.Ipp, LetterWay.Aside, null);
    }

    private async Task PrintAsync(IReadOnlyList<Article34Letter> letters, int part, CancellationToken cancel)
    {
        if (letters.Count == 0) return;
        var html = LetterSheet.Html(letters, words, DateTimeOffset.UtcNow);
        var name = Path.Combine(folder, FormattableString.Invariant($"lettres-{part:D5}"));
        if (printer is not null) { await printer.PrintAsync(html, name + ".pdf", cancel).ConfigureAwait(false); return; }
        await using var page = new StreamWriter(Commands.OwnerOnly.Create(name + ".html"));
        await page.WriteAsync(html.AsMemory(), cancel).ConfigureAwait(false);
    }
}
