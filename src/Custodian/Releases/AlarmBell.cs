namespace Serment.Custodian.Releases;

/// <summary>Something that a security officer should look at now.</summary>
/// <param name="Kind">"honey", "ceiling", "strangers", "pursuit", "speed", "second-person", "volume", "names", "beds".</param>
/// <param name="Text">French; names no patient.</param>
internal sealed record Alarm(string Kind, AccountId Account, PatientId? Patient, string Text);

/// <summary>
/// Deterministic rules over what an account tries and gets. The same kind rings once an hour for the same account.
/// Not thread-safe: under the desk's lock.
/// </summary>
internal sealed class AlarmBell
{
    /// <summary>Nobody reads twenty files in a minute.</summary>
    private const int Speed = 20, Strangers = 5, Pursuit = 10;
    private static readonly TimeSpan Quiet = TimeSpan.FromHours(1), SpeedWindow = TimeSpan.FromMinutes(1);

    private sealed class Watched
    {
        public readonly HashSet<PatientId> Strangers = [], WithoutTouch = [];
        public readonly Queue<DateTimeOffset> Opened = [];
        public readonly Dictionary<string, DateTimeOffset> Rung = [];
        public DateOnly Day;
    }

    private readonly Dictionary<AccountId, Watched> _accounts = [];

    public Alarm? Refused(AccountId account, PatientId patient, string code, DateTimeOffset now)
    {
        var watched = Of(account, now);
        switch (code)
        {
            case RefusalCodes.NoRelation when watched.Strangers.Add(patient) && watched.Strangers.Count >= Strangers:
                return Ring(account, "strangers", null, $"{watched.Strangers.Count} dossiers sans lien de soin demandés aujourd'hui par ce compte.", now);
            case RefusalCodes.Touch when watched.WithoutTouch.Add(patient) && watched.WithoutTouch.Count >= Pursuit:
                return Ring(account, "pursuit", null, "Ce compte continue de demander des dossiers sans toucher sa clé.", now);
            case RefusalCodes.SecondPerson:
                return Ring(account, "second-person", patient, "Ce compte a épuisé ses ouvertures sans lien de soin.", now);
            case RefusalCodes.Ceiling:
                return Ring(account, "ceiling", null, "Le plafond de dossiers ouverts par jour dans l'établissement est atteint : seuls les liens établis et l'ouverture en urgence passent.", now);
            default: return null;
        }
    }

    /// <summary>One file opened by itself; a ward asked for at once is one act and is not counted here.</summary>
    public Alarm? Opened(AccountId account, DateTimeOffset now)
    {
        var opened = Of(account, now).Opened;
        opened.Enqueue(now);
        while (opened.Count > Speed || now - opened.Peek() > SpeedWindow) opened.Dequeue();
        return opened.Count == Speed ? Ring(account, "speed", null, $"{Speed} dossiers ouverts en moins d'une minute par ce compte.", now) : null;
    }

    public Alarm? Noted(AccountId account, DateTimeOffset now) => Ring(account, "volume", null, "Ce compte a ouvert beaucoup de dossiers aujourd'hui.", now);

    public Alarm? Honey(AccountId account, PatientId patient, DateTimeOffset now) =>
        Ring(account, "honey", patient, "Un dossier témoin, qu'aucun soin ne justifie, a été ouvert : la session est terminée.", now);

    public void Touched(AccountId account, DateTimeOffset now) => Of(account, now).WithoutTouch.Clear();

    private Alarm? Ring(AccountId account, string kind, PatientId? patient, string text, DateTimeOffset now)
    {
        var rung = Of(account, now).Rung;
        if (kind != "honey" && rung.TryGetValue(kind, out var last) && now - last < Quiet) return null;
        rung[kind] = now;
        return new Alarm(kind, account, patient, text);
    }

    private Watched Of(AccountId account, DateTimeOffset now)
    {
        if (!_accounts.TryGetValue(account, out var watched)) _accounts[account] = watched = new Watched();
        var day = ClinicalTime.Day(now);
        if (watched.Day == day) return watched;
        watched.Day = day;
        watched.Strangers.Clear();
        return watched;
    }
}
