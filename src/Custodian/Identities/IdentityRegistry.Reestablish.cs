namespace Serment.Custodian.Identities;

internal sealed partial class IdentityRegistry
{
    private const string ToReestablishName = "IDENTITE A RETABLIR";
    /// <summary>Numbers that the lost days may have printed on wristbands are not given a second time.</summary>
    private const int IppsSkipped = 1000;

    /// <summary>
    /// People of whom only the pseudonym is left: each gets a provisional, doubtful identity under that same id, told apart by two words
    /// of the spelling alphabet, which the desk corrects as it does an unknown patient's. Who is known already is left alone.
    /// </summary>
    public void ToReestablish(IReadOnlyList<PatientId> patients, AccountId by, DateTimeOffset now)
    {
        lock (_changing)
        {
            var book = Opened();
            var ipp = book.LastIpp + patients.Count + IppsSkipped;
            foreach (var patient in patients.Where(patient => !Exists(patient)))
            {
                ipp++;
                var traits = new IdentityTraits(ToReestablishName, $"{Spelling[ipp / 26 % 26]} {Spelling[ipp % 26]}", null, new DateOnly(1900, 12, 31), Sex.Unknown, TraitRules.UnknownPlace);
                Keep(book, new Identity { Id = patient, Ipp = ipp, Traits = traits, Status = IdentityStatus.Provisional, Doubtful = true }, new IdentityChange(now, by, "to-re-establish", "Perdue avec le gardien, restauré d'une sauvegarde plus ancienne"));
            }
        }
    }
}
