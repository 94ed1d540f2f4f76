using Serment.Records.Administrative;
using Serment.Records.Entries;
using Serment.Records.Incidents;
using Serment.Server.Signing;
using Serment.Server.Ui;

namespace Serment.Server.Letters;

/// <summary>
/// The letters of one incident, under the mandate that two officers signed for it: for each patient that the mandate hands over, what was seen of
/// him, his address under a key on loan, then paper or mail. A hundred at a time, whatever the whole. Whoever had his letter of this incident, in
/// whatever folder, gets no second one that says the same.
/// </summary>
/// <param name="printer">Null: pages are left as HTML.</param>
/// <param name="mail">Null: everything goes by post.</param>
/// <param name="again">Written once more on purpose, whoever was told already; what this folder has is still not written twice.</param>
internal sealed class LetterRun(Signer machine, EntriesDoor entries, IncidentId incident, LetterWords words, string folder, Printer? printer, LetterMail? mail, Action<LettersProgress> say, bool again = false)
{
    /// <param name="Finished">Null: told before, by another run.</param>
    private sealed record Written(PatientId Patient, FinishedLetter? Finished, Article34Letter? Letter = null);

    /// <summary>How many were told before, by another run, and got no second letter.</summary>
    public int ToldBefore { get; private set; }

    public async Task<int> RunAsync(Func<TimeSpan, CancellationToken, Task> wait, CancellationToken cancel)
    {
        using var book = new LetterBook(folder, incident);
        return await new MandateWorker(machine, wait).RunAsync((lease, stop) => WriteAsync(lease, book, stop), cancel: cancel).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<PatientId>> WriteAsync(MandateLease lease, LetterBook book, CancellationToken cancel)
    {
        var seen = (await machine.AskAsync(IncidentVerbs.Exposed, new ExposedAsked(incident, [.. lease.Patients.Select(p => p.Patient)]), cancel).ConfigureAwait(false)).Patients.ToDictionary(p => p.Seen.Patient);
        var written = new List<Written>();
        foreach (var patient in lease.Patients) written.Add(await WriteAsync(patient, seen.GetValueOrDefault(patient.Patient), lease.ExpiresAt, book, cancel).ConfigureAwait(false));
        var part = book.Parts + 1;
        await PrintAsync([.. written.Select(w => w.Letter).OfType<Article34Letter>()], part, cancel).ConfigureAwait(false);
        FinishedLetter[] finished = [.. written.Select(w => w.Finished).OfType<FinishedLetter>()];
        book.Done(finished.Where(letter => book.Of(letter.Ipp, letter.Seen) != letter.Way), part);
        ToldBefore += written.Count(w => w.Finished is null);
        say(await machine.AskAsync(IncidentVerbs.Sent, new LettersSent(incident, [.. written.Where(w => w.Finished is not null).Select(w => new LetterSent(w.Patient, w.Finished!.Way))], again), cancel).ConfigureAwait(false));
        return [.. written.Select(w => w.Patient)];
    }

    private async Task<Written> WriteAsync(MandatedPatient patient, PatientToTell? opened, DateTimeOffset until, LetterBook book, CancellationToken cancel)
    {
        var (ipp, who) = (patient.Identity?.Ipp ?? patient.Patient.ToString()!, patient.Identity);
        Domain[] seen = [.. opened?.Seen.Domains.Select(d => d.Domain) ?? []];
        // Set aside is not told: tried once more, now that he may have an address.
        if (book.Of(ipp, seen) is LetterWay.Post or LetterWay.Mail) return new(patient.Patient, new(ipp, book.Of(ipp, seen)!.Value, seen));
        if (opened?.Told is LetterWay.Post or LetterWay.Mail && !again) return new(patient.Patient, null);
        if (who is null || opened is null) return new(patient.Patient, new(ipp, LetterWay.Aside, seen, "identité ou accès introuvables"));
        return await ComposeAsync(patient, who, opened, seen, until, book, cancel).ConfigureAwait(false);
    }

    private async Task<Written> ComposeAsync(MandatedPatient patient, IdentityLine who, PatientToTell opened, Domain[] seen, DateTimeOffset until, LetterBook book, CancellationToken cancel)
    {
        using var keys = new FileKeys(until, new Dictionary<PatientId, IReadOnlyList<PatientId>> { [patient.Patient] = patient.Aliases }, patient.Keys.Select(PatientFiles.Lent));
        var file = (await entries.ReadAsync(keys, patient.Patient, [Domain.Administrative], cancel).ConfigureAwait(false)).FirstOrDefault(e => e.Content.Room == AdministrativeFile.Room && !e.Content.Withdrawn)?.Body<AdministrativeFile>() ?? new AdministrativeFile();
        var title = who.Sex switch { Sex.Female => "Mme ", Sex.Male => "M. ", _ => "" };
        IReadOnlyList<string> address = file.Address is { Length: > 0 } street && file.City is { Length: > 0 } city ? [street, $"{file.PostalCode} {city}".Trim()] : [];
        var to = new Addressee(title + French.Name(who), address, file.Email, who.BirthDate > ClinicalTime.Day(DateTimeOffset.UtcNow).AddYears(-18), Deceased: false, who.Ipp);
        var letter = Article34Letter.For(words, to, [.. opened.Seen.Domains.Select(d => new SeenDomain(d.Domain, d.First, d.Last))]);
        if (NotByLetter(who, opened) is { } why) return new(patient.Patient, new(who.Ipp, LetterWay.Aside, seen, why));
        if (mail is not null && !to.Minor && to.Email is { Length: > 0 } && await mail.SendAsync(letter, words, incident, cancel).ConfigureAwait(false))
        {
            // A message cannot be taken back: it is on the disk before the next one goes.
            var gone = new FinishedLetter(who.Ipp, LetterWay.Mail, seen);
            book.Done([gone], book.Parts);
            return new(patient.Patient, gone);
        }
        return address.Count > 0 ? new(patient.Patient, new(who.Ipp, LetterWay.Post, seen), letter) : new(patient.Patient, new(who.Ipp, LetterWay.Aside, seen, "sans adresse"));
    }

    /// <summary>A letter at home would tell the household what the patient asked to keep, a minor's his parents; a doubtful identity might tell a stranger.</summary>
    private static string? NotByLetter(IdentityLine who, PatientToTell opened) => opened.MinorsSecret ? "soins qu'un mineur garde secrets : à dire au patient lui-même, par le médecin qui le suit, et non à ses parents" : who.Secret ? "secret demandé" : who.Doubtful ? "identité douteuse" : who.Fictitious ? "identité fictive" : null;

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
