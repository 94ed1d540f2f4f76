using System.Numerics;
using Serment.Custodian.Policies;

namespace Serment.Custodian.Releases;

/// <summary>
/// Deterministic rules over what an account tries, asks and gets; their values are the policy's. They refuse nothing. The same
/// kind rings once an hour for the same account. Not thread-safe: under the desk's lock.
/// </summary>
internal sealed class AlarmBell(Func<RulePolicy> rules)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1), Quarter = TimeSpan.FromMinutes(15);
    /// <summary>Two screens that list a ward may each read a kind of data of their own.</summary>
    private const int KindsOfLists = 2;

    private sealed class Watched
    {
        public readonly HashSet<PatientId> Strangers = [], WithoutTouch = [];
        public readonly HashSet<string> RefusedVerbs = [];
        public readonly Queue<DateTimeOffset> Opened = [], Searched = [], Charts = [], Copied = [], Ended = [];
        /// <summary>Charts opened one by one in the last quarter of an hour, and since when.</summary>
        public readonly Dictionary<PatientId, DateTimeOffset> Read = [];
        /// <summary>Of which files keys came together with those of others in the last quarter, a bit a kind of data.</summary>
        public readonly Dictionary<PatientId, (DateTimeOffset At, int Kinds, bool Counted)> Listed = [];
        public DateTimeOffset Forgot;
        public readonly Walk Searching = new(), Opening = new();
        public readonly Dictionary<string, DateTimeOffset> Rung = [];
        public (string Text, DateTimeOffset At) Typed = ("", default);
        public int RefusedAsks, ApartWithoutTouch;
        public DateOnly Day, Noted;
    }

    private readonly Dictionary<AccountId, Watched> _accounts = [];
    private readonly Dictionary<ClientId, Watched> _clients = [];

    /// <param name="apart">A protected record: of one patient there are many, so each time counts, with a touch missing or a PIN.</param>
    public Alarm? Refused(AccountId account, PatientId patient, string code, DateTimeOffset now, bool apart = false)
    {
        var watched = Of(account, now);
        switch (code)
        {
            case RefusalCodes.Touch or RefusalCodes.Pin when apart:
                return ++watched.ApartWithoutTouch >= rules().Pursuit ? Ring(account, AlarmKinds.Pursuit, null, "Ce compte continue de demander des éléments protégés sans toucher sa clé.", now) : null;
            case RefusalCodes.NoRelation when watched.Strangers.Add(patient) && watched.Strangers.Count >= rules().StrangersPerDay:
                return Ring(account, AlarmKinds.Strangers, null, $"{watched.Strangers.Count} dossiers sans lien de soin demandés aujourd'hui par ce compte.", now);
            case RefusalCodes.Touch when watched.WithoutTouch.Add(patient) && watched.WithoutTouch.Count >= rules().Pursuit:
                return Ring(account, AlarmKinds.Pursuit, null, "Ce compte continue de demander des dossiers sans toucher sa clé.", now);
            case RefusalCodes.SecondPerson:
                return Ring(account, AlarmKinds.SecondPerson, patient, "Ce compte a épuisé ses ouvertures sans lien de soin.", now);
            case RefusalCodes.Ceiling:
                return Ring(account, AlarmKinds.Ceiling, null, "Le plafond de dossiers ouverts par jour dans l'établissement est atteint : seuls les liens établis et l'ouverture en urgence passent.", now);
            default: return null;
        }
    }

    /// <summary>An operation that the role does not have. A screen never asks for one; whoever tries what he may, does.</summary>
    public Alarm? Refused(AccountId account, string verb, DateTimeOffset now) => RefusedBy(Of(account, now), verb, now, text => new Alarm(AlarmKinds.Refused, account, null, $"{text} à ce compte : sa fonction ne les permet pas."));

    /// <summary>The same, by an interface.</summary>
    public Alarm? Refused(ClientId client, string verb, DateTimeOffset now) => RefusedBy(Of(_clients, client, now), verb, now, text => new Alarm(AlarmKinds.Refused, null, null, $"{text} à cette interface : sa portée ne les permet pas.", client));

    /// <summary>One file opened by itself; a ward asked for at once is one act and is not counted here.</summary>
    public Alarm? Opened(AccountId account, DateTimeOffset now) =>
        Fast(Of(account, now).Opened, rules().FilesPerMinute, Minute, now) ? Ring(account, AlarmKinds.Speed, null, $"{rules().FilesPerMinute} dossiers ouverts en moins d'une minute par ce compte.", now) : null;

    /// <summary>
    /// Files whose keys were given. A screen opens one chart with all its kinds of data, or lists a ward with one kind; several kinds of several files together,
    /// or of the same files one kind after the other, are a copy. Charts one by one are counted over a quarter of an hour as well: faster than anyone reads.
    /// </summary>
    /// <param name="together">Asked for with others, whether those were given or not.</param>
    public Alarm? Given(AccountId account, IReadOnlyList<PatientId> files, IReadOnlyCollection<Domain> kinds, bool together, DateTimeOffset now)
    {
        var watched = Of(account, now);
        Forget(watched, now);
        var (rings, asked) = (false, kinds.Aggregate(0, (bits, kind) => bits | 1 << (int)kind));
        foreach (var file in files)
            if (!together)
            {
                if (watched.Read.TryGetValue(file, out var since) && now - since <= Quarter) continue;
                watched.Read[file] = now;
                rings |= Fast(watched.Charts, rules().ChartsPerQuarter, Quarter, now);
            }
            else
            {
                var (at, had, counted) = watched.Listed.TryGetValue(file, out var listed) && now - listed.At <= Quarter ? listed : (now, 0, false);
                var copied = BitOperations.PopCount((uint)asked) > 1 || BitOperations.PopCount((uint)(had | asked)) > KindsOfLists;
                if (copied && !counted) rings |= Fast(watched.Copied, rules().CopiedPerQuarter, Quarter, now);
                watched.Listed[file] = (at, had | asked, counted || copied);
            }
        if (!rings) return null;
        return together
            ? Ring(account, AlarmKinds.Copy, null, $"Plusieurs sortes de données de {rules().CopiedPerQuarter} dossiers prises ensemble par ce compte : aucun écran ne le fait.", now)
            : Ring(account, AlarmKinds.Speed, null, $"{rules().ChartsPerQuarter} dossiers ouverts un par un en moins d'un quart d'heure par ce compte.", now);
    }

    /// <summary>A search beyond one's own patients. The same search typed further is one search.</summary>
    public Alarm? Searched(AccountId account, string text, Step step, DateTimeOffset now)
    {
        var watched = Of(account, now);
        var same = now - watched.Typed.At < Minute && (text.StartsWith(watched.Typed.Text, StringComparison.OrdinalIgnoreCase) || watched.Typed.Text.StartsWith(text, StringComparison.OrdinalIgnoreCase));
        watched.Typed = (text, now);
        var goes = watched.Searching.Goes(step, same, rules(), now);
        if (!same && Fast(watched.Searched, rules().SearchesPerMinute, Minute, now) && Ring(account, AlarmKinds.Searches, null, $"{rules().SearchesPerMinute} recherches différentes en moins d'une minute par ce compte.", now) is { } fast) return fast;
        return goes is null ? null : Ring(account, AlarmKinds.Walk, null, $"Ce compte recherche {goes}.", now);
    }

    /// <summary>A file without a relation made by someone else, opened or asked for.</summary>
    /// <param name="namesake">Bears a name of the staff member.</param>
    public Alarm? Unrelated(AccountId account, PatientId patient, Step? step, bool namesake, DateTimeOffset now)
    {
        if (step is not null && Of(account, now).Opening.Goes(step, instead: false, rules(), now) is { } goes && Ring(account, AlarmKinds.Walk, null, $"Ce compte ouvre sans lien de soin {goes}.", now) is { } walk) return walk;
        return namesake ? Ring(account, AlarmKinds.Namesake, patient, "Ce compte a demandé sans lien établi par autrui le dossier d'une personne qui porte son nom : un proche ?", now) : null;
    }

    /// <summary>Someone entered.</summary>
    /// <param name="explained">A duty runs: the hour, and the stations of its unit, were given by somebody else.</param>
    /// <param name="ownStation">On a station of one's own units.</param>
    public Alarm? Entered(AccountId account, Habits habits, StationId? station, bool explained, bool ownStation, DateTimeOffset now)
    {
        if (!explained && habits.UnusualHour(account, rules(), now) && Ring(account, AlarmKinds.Hour, null, "Ce compte s'est ouvert à une heure où il ne travaille jamais.", now) is { } hour) return hour;
        return !ownStation && habits.UnusualDevice(account, station, rules(), now)
            ? Ring(account, AlarmKinds.Device, null, station is null ? "Ce compte s'est ouvert hors des postes enrôlés, ce qu'il ne fait jamais." : "Ce compte s'est ouvert sur un poste d'un autre service, où il ne travaille jamais.", now)
            : null;
    }

    /// <summary>More patients in a day than there are beds for.</summary>
    public Alarm? Brought(ClientId client, DateTimeOffset now) =>
        Ring(Of(_clients, client, now), new Alarm(AlarmKinds.Ceiling, null, null, "Cette interface a fait entrer en un jour plus de patients que l'établissement n'a de lits : les suivants comptent comme sans lien de soin jusqu'à ce qu'un soignant écrive dans leur dossier.", client), now);

    /// <summary>The key of an account that is closed or frozen was presented.</summary>
    public Alarm? Closed(AccountId account, DateTimeOffset now) => Ring(account, AlarmKinds.Closed, null, "La clé d'un compte fermé ou gelé a été présentée.", now);

    /// <summary>Somebody set another account's last day: departures come a few at a time, or a rotation that the officer is told of.</summary>
    public Alarm? Ended(AccountId account, DateTimeOffset now) =>
        Fast(Of(account, now).Ended, Accounts.AccountBook.StopsAnHour, TimeSpan.FromHours(1), now) ? Ring(account, AlarmKinds.Departures, null, $"{Accounts.AccountBook.StopsAnHour} comptes à qui ce compte a fixé un dernier jour en une heure.", now) : null;

    /// <summary>Whether this is the day's first opening to be noted; the journal gets one note a day.</summary>
    public bool FirstNote(AccountId account, DateTimeOffset now)
    {
        var watched = Of(account, now);
        var first = watched.Noted != watched.Day;
        watched.Noted = watched.Day;
        return first;
    }

    /// <summary>So many files in the day that touches are asked again and again.</summary>
    public Alarm? Many(AccountId account, DateTimeOffset now) => Ring(account, AlarmKinds.Volume, null, "Ce compte a ouvert beaucoup de dossiers aujourd'hui : des touchers répétés lui sont demandés.", now);

    public Alarm? Honey(AccountId account, PatientId patient, DateTimeOffset now) =>
        Ring(account, AlarmKinds.Honey, patient, "Un dossier témoin, qu'aucun soin ne justifie, a été ouvert : la session est terminée.", now);

    public void Touched(AccountId account, DateTimeOffset now)
    {
        var watched = Of(account, now);
        watched.WithoutTouch.Clear();
        watched.ApartWithoutTouch = 0;
    }

    private Alarm? RefusedBy(Watched watched, string verb, DateTimeOffset now, Func<string, Alarm> alarm)
    {
        watched.RefusedVerbs.Add(verb);
        return ++watched.RefusedAsks >= rules().RefusedAsks || watched.RefusedVerbs.Count >= rules().RefusedVerbs
            ? Ring(watched, alarm($"{watched.RefusedAsks} demandes, de {watched.RefusedVerbs.Count} sortes, ont été refusées aujourd'hui"), now)
            : null;
    }

    /// <summary>This one included, that many within that time.</summary>
    private static bool Fast(Queue<DateTimeOffset> past, int many, TimeSpan within, DateTimeOffset now)
    {
        past.Enqueue(now);
        while (past.Count > many || now - past.Peek() > within) past.Dequeue();
        return past.Count == many;
    }

    /// <summary>Once a minute at most: it walks over what is remembered.</summary>
    private static void Forget(Watched watched, DateTimeOffset now)
    {
        if (now - watched.Forgot < Minute) return;
        watched.Forgot = now;
        foreach (var (file, at) in watched.Read) if (now - at > Quarter) watched.Read.Remove(file);
        foreach (var (file, listed) in watched.Listed) if (now - listed.At > Quarter) watched.Listed.Remove(file);
    }

    private Alarm? Ring(AccountId account, string kind, PatientId? patient, string text, DateTimeOffset now) => Ring(Of(account, now), new Alarm(kind, account, patient, text), now);

    private Alarm? Ring(Watched watched, Alarm alarm, DateTimeOffset now)
    {
        if (alarm.Kind != AlarmKinds.Honey && watched.Rung.TryGetValue(alarm.Kind, out var last) && now - last < TimeSpan.FromMinutes(rules().QuietMinutes)) return null;
        watched.Rung[alarm.Kind] = now;
        return alarm;
    }

    private Watched Of(AccountId account, DateTimeOffset now) => Of(_accounts, account, now);

    private static Watched Of<T>(Dictionary<T, Watched> all, T who, DateTimeOffset now) where T : notnull
    {
        if (!all.TryGetValue(who, out var watched)) all[who] = watched = new Watched();
        var day = ClinicalTime.Day(now);
        if (watched.Day == day) return watched;
        watched.Day = day;
        watched.Strangers.Clear();
        watched.RefusedVerbs.Clear();
        watched.RefusedAsks = 0;
        return watched;
    }
}
