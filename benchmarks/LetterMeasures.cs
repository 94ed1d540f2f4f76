using System.Diagnostics;
using System.Security.Cryptography;
using Serment.Custodian.Journal;
using Serment.Custodian.Keys;
using Serment.Records.Incidents;
using Serment.Server.Drill;
using Serment.Server.Letters;
using Serment.Server.Signing;

namespace Serment.Benchmarks;

/// <summary>
/// The letters of an incident that concerns everyone, in one run: mandate signed by two, 5,000 an hour of the cell's time (which is moved
/// on, not waited for), one access journaled for each. Memory is that of this process and of the Custodian while it goes on.
/// </summary>
internal static class LetterMeasures
{
    private const int Settled = 5000;

    public static async Task<IReadOnlyList<Row>> RunAsync(bool quick, bool full)
    {
        var letters = quick ? 2000 : 100_000;
        Environment.SetEnvironmentVariable("SERMENT_CUSTODIAN_BINARY", CustodianProcess.Binary("Custodian"));
        var folder = Directory.CreateTempSubdirectory("serment-letters-").FullName;
        await using var cell = await Founding.MakeAsync(letters, (_, _, _) => { });
        try
        {
            await cell.StopAsync();
            await StolenAsync(cell);
            await cell.StartAsync();
            var (machine, incident) = await MandatedAsync(cell);
            var words = new LetterWords("Établissement de mesure", new DataOfficer("Delphine Perrot", "02 40 00 00 00", "dpo@exemple.fr", "1 rue de la Mesure, 44000 Nantes"), incident.Number, "Un compte a été utilisé par un tiers.", "Le compte est coupé.");
            var printer = full ? Printer.Find() : null;
            var custodian = cell.Processes("Serment.Custodian").First();
            double[] before = [], most = [0, 0];
            var tenths = new List<double>();
            var (watch, written) = (Stopwatch.StartNew(), default(LettersProgress));
            void Say(LettersProgress at)
            {
                written = at;
                var now = new[] { Memory.Resident(Environment.ProcessId), Memory.Resident(custodian) };
                if (at.Written + at.Aside >= Math.Min(Settled, letters / 4) && before.Length == 0) before = now;
                if (10L * (at.Written + at.Aside) / letters > tenths.Count) tenths.Add(now[1]);
                if (before.Length > 0) most = [.. most.Zip(now, Math.Max)];
            }
            var done = await new LetterRun(machine, cell.Rows, incident.Id, words, folder, printer, null, Say).RunAsync(async (by, _) => await cell.AdvanceAsync(by), CancellationToken.None);
            if (done != letters || written is not { Done: true }) throw new InvalidOperationException($"{done} letters instead of {letters}");
            var seconds = watch.Elapsed.TotalSeconds;
            var how = $"{letters:N0} letters in {seconds:N0} s, {(printer is null ? "as pages for a printer" : "as PDF")}";
            return
            [
                Row.AtMost("letters in one run, memory of the run that grows", most[0] - before[0], "MB", quick ? null : 50, how),
                Row.AtMost("letters in one run, memory of the Custodian that grows", most[1] - before[1], "MB", quick ? null : 50, FormattableString.Invariant($"MB at each tenth: {string.Join(" ", tenths.Select(mb => $"{mb:0}"))}")),
                Row.AtLeast("letters", letters / seconds, "/s", null, "without the mandate's rate"),
            ];
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    /// <summary>Somebody opened everyone's file within an hour: written by the journal's own writer.</summary>
    private static async Task StolenAsync(ThrowawayCell cell)
    {
        var own = Path.Combine(cell.Folder, "custodian");
        var file = KeyFile.Read(Path.Combine(own, "cell.json"));
        using var keys = file.Unwrap(cell.People.Passphrase);
        await using var log = new JournalLog(Path.Combine(own, "journal"), keys.Journal(), $"serment/{file.Cell}", keys.JournalSeed());
        var thief = cell.People.Of(Role.Nurse).Account;
        foreach (var some in cell.People.Patients.Chunk(1000))
            await log.AppendAsync([.. some.Select(patient => new JournalEntry { Time = cell.Now, Kind = "release", Account = thief, Patient = patient, Domain = Domain.Clinical, Purpose = "care", Ground = "BreakGlass" })]);
    }

    private static async Task<(Signer Machine, IncidentSummary Incident)> MandatedAsync(ThrowawayCell cell)
    {
        var privacy = await cell.EnterAsync(Role.PrivacyOfficer);
        await privacy.AskAsync(IncidentVerbs.Contact, new IncidentContact("Delphine Perrot", "02 40 00 00 00", "dpo@exemple.fr", "1 rue de la Mesure, 44000 Nantes"));
        var scope = new IncidentScope(IncidentNature.Account, cell.Now.AddHours(-2), cell.Now, cell.People.Of(Role.Nurse).Account);
        var incident = await privacy.AskAsync(IncidentVerbs.Open, new OpenIncident("Compte usurpé", "Tous les dossiers ouverts en une heure.", scope, cell.Now.AddSeconds(-1)));
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await cell.TouchAsync(privacy, cell.People.Of(Role.PrivacyOfficer).Key, pin: true);
        var proposed = await privacy.AskAsync(MandateVerbs.Propose, new ProposeMandate("Lettres", MandatePurpose.IncidentLetters, Domain.Administrative, true, key.ExportSubjectPublicKeyInfo(), [], new PatientSelection(Incident: incident.Id), 5000, cell.Now.AddDays(20)));
        var second = await cell.EnterAsync(Role.SecurityOfficer);
        await cell.AgreeAsync(second, cell.People.Of(Role.SecurityOfficer).Key, proposed.Approval);
        return (new Signer(cell.Client, cell.Status.Cell, key, null, MachineKeys.IdOf(key.ExportSubjectPublicKeyInfo()), () => cell.Now, cell.Now.ToUnixTimeMilliseconds()), incident);
    }
}
