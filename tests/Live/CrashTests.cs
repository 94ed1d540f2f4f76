using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>
/// The Custodian killed at random moments under load. What was answered is on the disk before anyone looks, what is on the
/// disk is whole, and whoever was promised something finds it after the restart.
/// </summary>
public sealed class CrashTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(35);
    private readonly CustodianProcess _cell = new();

    [Fact]
    public async Task No_key_is_released_without_its_durable_entry_and_nothing_answered_is_lost()
    {
        var import = _cell.Import();
        var nurses = new[] { await _cell.EnterAsync(Role.Nurse), await _cell.EnterAsync(Role.Nurse), await _cell.EnterAsync(Role.Physician) };
        var clerk = await _cell.EnterAsync(Role.AdmissionsClerk);
        var ward = new List<PatientId>();
        for (var i = 0; i < 12; i++) ward.Add(await PresentAsync(import, nurses[0].Me.Units[0], i));

        var answered = new ConcurrentBag<string>();
        var admitted = new ConcurrentBag<(StayId Stay, PatientId Patient)>();
        var note = Path.Combine(_cell.Directory, "remembered.note");
        int rounds = 0, number = 0;
        for (var until = DateTimeOffset.UtcNow + Long; DateTimeOffset.UtcNow < until; rounds++)
        {
            using var stop = new CancellationTokenSource();
            var released = 0;
            var load = nurses.SelectMany(who => new[] { who, who }).Select(who => Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    // The purpose says which request it was: the entry on the disk must bear it.
                    var purpose = string.Create(CultureInfo.InvariantCulture, $"n{Interlocked.Increment(ref number)}");
                    var patients = RandomNumberGenerator.GetInt32(4) == 0 ? ward.ToArray() : [ward[RandomNumberGenerator.GetInt32(ward.Count)]];
                    try { await who.AskAsync(ReleaseVerbs.Release, new ReleaseKeys(patients, [Domain.Clinical], purpose)); }
                    catch (RefusedException no) when (no.Refusal.Code == RefusalCodes.Away) { return; }
                    foreach (var patient in patients) answered.Add($"{purpose}|{patient}");
                    Interlocked.Increment(ref released);
                }
            })).Append(Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    var (stay, patient) = (Id.New<StayId>(), ward[RandomNumberGenerator.GetInt32(ward.Count)]);
                    try
                    {
                        await clerk.AskAsync(RelationVerbs.IntendStay, new IntendStay(stay, patient, "expected", nurses[2].Me.Units[0], nurses[2].Me.Units[0], DateTimeOffset.UtcNow.AddDays(1)));
                        await clerk.AskAsync(RelationVerbs.ConfirmStay, new ConfirmStay(stay));
                        await File.WriteAllTextAsync(note, (await _cell.Client.AskUnsignedAsync(CellVerbs.Checkpoint, "", Nothing.AtAll)).Note);
                    }
                    catch (RefusedException no) when (no.Refusal.Code == RefusalCodes.Away) { return; }
                    admitted.Add((stay, patient));
                }
            })).ToArray();
            while (Volatile.Read(ref released) == 0) await Task.Delay(5);
            await Task.Delay(RandomNumberGenerator.GetInt32(400));
            _cell.Kill();
            await stop.CancelAsync();
            await Task.WhenAll(load);

            // Before anything could repair it: every answer has its entry on the disk.
            var entries = await JournalFiles.OpenAsync(_cell.Directory);
            var durable = entries.Where(entry => entry.Kind == "release").Select(entry => $"{entry.Purpose}|{entry.Patient}").ToHashSet();
            Assert.Empty(answered.Except(durable));
            var stays = entries.Where(entry => entry.Kind == "stay" && entry.Detail == "expected").Select(entry => entry.Patient!.Value).ToHashSet();
            Assert.Empty(admitted.Select(a => a.Patient).Except(stays));
            Assert.True(entries.Zip(entries.Skip(1)).All(pair => pair.First.Time <= pair.Second.Time));

            _cell.Start();
            if (File.Exists(note))
            {
                var (code, said) = JournalFiles.Run("verify", _cell.Directory, "--since", note, "--key", _cell.Status.JournalKey);
                Assert.True(code == 0, said);
            }
            foreach (var who in nurses.Append(clerk)) who.JumpCounter();
            // The list shows the latest 500 entries about a patient, of every kind.
            var shown = (await nurses[0].AskAsync(ReleaseVerbs.Accesses, new AccessesOf(ward[0]))).Accesses.Count;
            Assert.Equal(Math.Min(500, entries.Count(entry => entry.Patient == ward[0])), shown);
        }
        Assert.True(rounds >= 3, $"{rounds} kills in {Long.TotalSeconds} s");
        Assert.True(answered.Count > 60, $"{answered.Count} answers under load");
        // What was promised about stays: the ward that expects them finds every one.
        var expected = (await nurses[2].AskAsync(RelationVerbs.OwnPatients, new OwnPatients(null))).Patients;
        Assert.Empty(admitted.Select(a => a.Patient).Except(expected));
        TestContext.Current.TestOutputHelper?.WriteLine($"{rounds} kills, {answered.Count} answered releases, {admitted.Count} answered stays");
    }

    private static async Task<PatientId> PresentAsync(Signer import, UnitId unit, int i)
    {
        var traits = new IdentityTraits("Essai" + (char)('A' + i), "Jeanne", null, new DateOnly(1951, 2, 3).AddDays(40 * i), Sex.Female, "75056");
        var patient = (await import.AskAsync(IdentityVerbs.Create, new CreateIdentity(traits, IdentityStatus.Provisional, true, $"crash|{i}"))).Created!.Patient;
        await import.AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), patient, "present", unit, unit, null));
        return patient;
    }

    public void Dispose() => _cell.Dispose();
}
