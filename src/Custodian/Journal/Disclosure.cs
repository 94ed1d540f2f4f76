namespace Serment.Custodian.Journal;

/// <summary>That keys or an identity were let out, or something was added: whose data, of which kind, to whom, when.</summary>
/// <param name="Account">Null: a machine, or nobody known.</param>
/// <param name="Milliseconds">Unix time.</param>
/// <param name="Shows">It could be read.</param>
/// <param name="Adds">It could be added to: the file may hold what nobody of the house wrote.</param>
internal readonly record struct Disclosure(PatientId Patient, Domain Domain, AccountId? Account, ClientId? Client, long Milliseconds, bool Shows = true, bool Adds = false)
{
    /// <summary>
    /// An entry counts when it names a patient and a domain, or shows an identity. Adding to a file as an interface (encrypt-only) shows
    /// nothing, and counts as an addition alone. Whatever kind of entry is invented later counts as long as it names a domain: too many told, never too few.
    /// </summary>
    public static bool Is(in EntryView entry, out Disclosure disclosure)
    {
        if (entry.Patient is { } patient && (entry.Domain ?? (entry.Kind.SequenceEqual("identity.shown"u8) ? Kernel.Domain.Identity : null)) is { } domain)
        {
            var alone = entry.Kind.SequenceEqual("encrypt"u8);
            disclosure = new Disclosure(patient, domain, entry.Account, entry.Client, entry.Milliseconds, Shows: !alone, Adds: alone || entry.Kind.SequenceEqual("write"u8));
            return true;
        }
        disclosure = default;
        return false;
    }
}
