using Serment.Records;
using Serment.Records.Entries;
using Serment.Records.Notes;
using Serment.Server.Signing;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>A whole cell saved while it works, restored in another folder, and proved to belong together: journal, identities, records. On both databases.</summary>
public sealed class BackupTests(PostgresCluster cluster) : IClassFixture<PostgresCluster>, IDisposable
{
    private readonly CustodianProcess _cell = new();
    private readonly string _away = Directory.CreateTempSubdirectory("serment-away-").FullName;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_restored_cell_agrees_with_itself_and_an_older_part_is_named(bool postgres)
    {
        if (postgres) Assert.SkipWhen(cluster.Missing is not null, cluster.Missing ?? "");
        var database = postgres ? cluster.Create() : null;
        var records = new RecordsDatabase(_cell.Directory, database);
        await records.PrepareAsync(_cell.Status.Cell);
        var entries = new EntriesDoor(records, _cell.Status.Cell);
        var (clerk, nurse) = (await _cell.EnterAsync(Role.AdmissionsClerk), await _cell.EnterAsync(Role.Nurse));
        var patient = (await clerk.AskAsync(IdentityVerbs.Create, new CreateIdentity(new IdentityTraits("Le Goff", "Yann", null, new DateOnly(1951, 2, 3), Sex.Male, "29019"), IdentityStatus.Provisional, DespiteDuplicates: true))).Created!.Patient;
        var stay = Id.New<StayId>();
        await clerk.AskAsync(RelationVerbs.IntendStay, new IntendStay(stay, patient, "present", nurse.Me.Units[0], nurse.Me.Units[0], null));
        await clerk.AskAsync(RelationVerbs.ConfirmStay, new ConfirmStay(stay));
        await WriteAsync(Domain.Clinical);

        // Two kinds of data: within the 15 minutes of one release, a missing row of the same kind would be explained by its neighbour.
        // The database first, then the Custodian's part: the copy never knows of a record more than its journal does.
        var older = database is null ? null : cluster.Save(database);
        ReferenceFile.Write(_cell.Directory, ReferenceFile.Places, "2026-01-01", ["29019\tBREST"]);
        Assert.Equal(0, (await BackUpAsync("noon.tar")).Code);
        await WriteAsync(Domain.Medication);
        var newer = database is null ? null : cluster.Save(database);
        Assert.Equal(0, (await BackUpAsync("evening.tar")).Code);
        _cell.Kill();

        var (code, said) = await RestoreAsync("evening.tar", "whole", newer);
        Assert.True(code == 0 && said.Contains("se correspondent, élément par élément", StringComparison.Ordinal), said);
        // The public lists too: without them no birth place and no diagnosis has a name.
        Assert.Equal(["29019\tBREST"], ReferenceFile.Read(ReferenceFile.PathOf(Path.Combine(_away, "whole"), ReferenceFile.Places), ReferenceFile.Places)?.Lines);
        (code, said) = await RestoreAsync("noon.tar", "noon", older);
        Assert.True(code == 0, said);

        // A part of another day: what one knows and the other does not is counted and named.
        if (!postgres)
        {
            Assert.Equal(0, (await SermentCommand.RunAsync("restore", "--from", Path.Combine(_away, "evening.tar"), "--data", Path.Combine(_away, "mixed"))).Code);
            File.Copy(Path.Combine(_away, "noon", "records.db"), Path.Combine(_away, "mixed", "records.db"), overwrite: true);
            (code, said) = await SermentCommand.RunAsync("doctor", "--records", "--data", Path.Combine(_away, "mixed"));
        }
        else (code, said) = await RestoreAsync("evening.tar", "mixed", older);
        Assert.True(code == 1 && said.Contains("1 écritures au journal sans élément", StringComparison.Ordinal), said);
        if (postgres)
        {
            (code, said) = await RestoreAsync("noon.tar", "behind", newer);
            Assert.True(code == 1 && said.Contains("1 éléments de dossier que le journal ne connaît pas", StringComparison.Ordinal), said);
        }

        // Half a file is no backup, and a folder in use is not written over.
        await File.WriteAllBytesAsync(Path.Combine(_away, "half.tar"), (await File.ReadAllBytesAsync(Path.Combine(_away, "noon.tar")))[..2000]);
        Assert.Equal(1, (await SermentCommand.RunAsync("restore", "--from", Path.Combine(_away, "half.tar"), "--data", Path.Combine(_away, "half"))).Code);
        Assert.Contains("n'est pas vide", (await SermentCommand.RunAsync("restore", "--from", Path.Combine(_away, "noon.tar"), "--data", Path.Combine(_away, "whole"))).Said, StringComparison.Ordinal);

        async Task WriteAsync(Domain domain)
        {
            using var keys = PatientFiles.KeysOf(await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [domain], "care", Write: true)));
            await entries.WriteAsync(keys, new NewEntry(Id.New<EntryId>(), 1, patient, domain, new EntryContent(Note.Room, DateTimeOffset.UtcNow, nurse.Me.Account, nurse.Me.Name, null, EntryJson.Of(new Note("care", "Vu, dort.")))), DateTimeOffset.UtcNow);
        }

        Task<(int Code, string Said)> BackUpAsync(string name) => SermentCommand.RunAsync(At(database), "backup", "--to", Path.Combine(_away, name), "--data", _cell.Directory);

        Task<(int Code, string Said)> RestoreAsync(string name, string folder, string? dump) => SermentCommand.RunAsync(At(dump is null ? null : cluster.Restore(dump)), "restore", "--from", Path.Combine(_away, name), "--data", Path.Combine(_away, folder), "--check");

        static Dictionary<string, string> At(string? connection) => connection is null ? [] : new() { ["SERMENT_DATABASE"] = connection };
    }

    public void Dispose()
    {
        _cell.Dispose();
        Directory.Delete(_away, recursive: true);
    }
}
