namespace Serment.Server.Drill;

/// <summary>
/// A7. Root over the Custodian alone: its files copied while it is stopped, then all of its memory while it runs and people work. There is no content in either;
/// who the patients are is in the second, which is declared.
/// </summary>
internal sealed class CustodianRoot(ThrowawayCell cell, Sink sink, bool planted) : Attack(cell, sink, planted)
{
    public override async Task<Outcome> PlayAsync()
    {
        var nurse = await Cell.EnterAsync(Role.Nurse).ConfigureAwait(false);
        var own = People.Census[People.Of(Role.Nurse).Units[0]].Select(n => People.Patients[n]).ToArray();
        await nurse.AskAsync(IdentityVerbs.Lines, new LinesOf(own)).ConfigureAwait(false);
        using (Signing.PatientFiles.KeysOf(await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys(own, [Domain.Clinical], "care")).ConfigureAwait(false))) { }
        await Cell.StopAsync().ConfigureAwait(false);
        if (Planted) await File.WriteAllTextAsync(Path.Combine(Cell.Folder, "custodian", "debug.log"), $"opened {People.Canaries.Of(0, Domain.Clinical)}").ConfigureAwait(false);
        foreach (var folder in new[] { "custodian", "mirror" }) Sink.TakeFiles(Path.Combine(Cell.Folder, folder));
        var (copied, named) = (Sink.Files, Sink.Reached);

        await Cell.StartAsync().ConfigureAwait(false);
        nurse = await Cell.EnterAsync(Role.Nurse).ConfigureAwait(false);
        using (Signing.PatientFiles.KeysOf(await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys(own, [Domain.Clinical], "care")).ConfigureAwait(false))) { }
        var read = 0L;
        foreach (var custodian in Cell.Processes("Serment.Custodian.dll")) read += Programs.ReadMemory(custodian, Sink.TakeStream);
        return new Outcome(
        [
            new("dossiers de soins, fichiers copiés ou à l'arrêt", copied, 0),
            new("identités lues dans les fichiers copiés", named, 0),
            new($"dossiers de soins, {read >> 20} Mio de la mémoire vive du gardien", Sink.Files, 0),
            new("identités dans la mémoire vive (limite déclarée)", Sink.Who(d => d is Domain.Identity).Count(), null),
        ], "le gardien n'a aucun contenu de soins ni chemin vers la base ; son état est scellé sous la clé de l'établissement");
    }
}
