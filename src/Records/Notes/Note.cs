namespace Serment.Records.Notes;

/// <summary>A free text of care: observation médicale, transmission, compte rendu infirmier.</summary>
/// <param name="Kind">"medical", "nursing", "social", "secretary".</param>
/// <param name="Target">Transmissions ciblées: the target ("Douleur", "Chute"…); null elsewhere.</param>
/// <param name="Action">Transmissions ciblées: what was done.</param>
/// <param name="Outcome">Transmissions ciblées: what came of it.</param>
public sealed record Note(string Kind, string Text, string? Target = null, string? Action = null, string? Outcome = null)
{
    public const string Room = "notes";
    public const int MaximumLength = 100_000;

    /// <exception cref="RefusedException">Nothing written, or longer than 100,000 characters.</exception>
    public Note Checked()
    {
        if (string.IsNullOrWhiteSpace(Text)) throw new RefusedException(RefusalCodes.Invalid, "La note est vide.");
        if (Text.Length > MaximumLength) throw new RefusedException(RefusalCodes.Invalid, "La note dépasse 100 000 caractères : joignez plutôt un document.");
        return this with { Text = Text.Trim() };
    }
}
