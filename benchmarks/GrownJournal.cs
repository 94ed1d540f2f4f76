using Serment.Custodian.Journal;
using Serment.Custodian.Keys;

namespace Serment.Benchmarks;

/// <summary>Years of a busy house, written into a stopped cell by the journal's own writer: every entry sealed, hashed, indexed and signed for.</summary>
internal static class GrownJournal
{
    private const int Batch = 64, Staff = 2000;
    private static readonly TimeSpan Past = TimeSpan.FromDays(25);

    public static async Task FillAsync(string directory, IReadOnlyList<PatientId> patients, long entries)
    {
        var own = Path.Combine(directory, "custodian");
        var file = KeyFile.Read(Path.Combine(own, "cell.json"));
        using var keys = file.Unlock(own);
        await using var log = new JournalLog(Path.Combine(own, "journal"), keys.Journal(), $"serment/{file.Cell}", keys.JournalSeed());
        var choice = new InventedPeople(777);
        var accounts = Enumerable.Range(0, Staff).Select(_ => Id.New<AccountId>()).ToArray();
        var stations = Enumerable.Range(0, 300).Select(_ => Id.New<StationId>()).ToArray();
        var sessions = Enumerable.Range(0, Staff).Select(_ => Id.New<SessionId>()).ToArray();
        var start = DateTimeOffset.UtcNow - Past - TimeSpan.FromHours(1);
        for (var written = 0L; written < entries;)
        {
            var batch = new JournalEntry[(int)Math.Min(Batch, entries - written)];
            for (var i = 0; i < batch.Length; i++, written++)
            {
                var who = choice.Below(Staff);
                if (written % 500 == 0) sessions[who] = Id.New<SessionId>();
                var entry = new JournalEntry { Time = start + Past * ((double)written / entries), Kind = "release", Account = accounts[who], Session = sessions[who], Station = stations[who % stations.Length] };
                batch[i] = (written % 20) switch
                {
                    0 => entry with { Kind = "touch", Purpose = "touch" },
                    < 5 => entry with { Kind = "identity.shown", Patient = patients[choice.Below(patients.Count)], Domain = Domain.Identity, Purpose = "worklist" },
                    < 7 => entry with { Kind = "write", Patient = patients[choice.Below(patients.Count)], Domain = Domain.Clinical, Purpose = "care", Ground = "Stay" },
                    _ => entry with { Patient = patients[choice.Below(patients.Count)], Domain = (Domain)(1 + written % 5), Purpose = "care", Ground = written % 50 == 7 ? "Stay (self-claimed)" : "Stay" },
                };
            }
            await log.AppendAsync(batch);
        }
    }
}
