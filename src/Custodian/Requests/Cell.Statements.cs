using System.Globalization;
using System.Security.Cryptography;
using Serment.Custodian.Accounts;
using Serment.Custodian.Approvals;
using Serment.Custodian.Identities;
using Serment.Custodian.Journal;
using Serment.Custodian.Releases;
using Serment.Custodian.Sessions;
using Serment.Custodian.Statements;

namespace Serment.Custodian.Requests;

/// <summary>
/// The patient's view of who opened his file. Order: role (or link and code) → consent → a touch of its own → whose it may be → journal durable → lines.
/// One patient at a time, never a file. docs/decisions/0027.
/// </summary>
internal sealed partial class Cell
{
    private const int StatementMost = 20_000, StatementPart = 1 << 20, StatementsAnHour = 30;
    private const string NamedKind = "statement-named";
    private readonly OpenedStatements _opened = new();
    private readonly Dictionary<AccountId, Queue<DateTimeOffset>> _statements = [];
    private readonly HashSet<long> _named = [];
    private StatementLinks _links = null!;
    private MinorsSecretBook _minors = null!;

    private void LoadStatements()
    {
        _links = new StatementLinks((id, json) => _store.Put((StatementLinks.Kind, id, json)), id => _store.Get(StatementLinks.Kind, id));
        _minors = new MinorsSecretBook((id, json) => _store.Put((MinorsSecretBook.Kind, id, json)));
        foreach (var (_, json) in _store.All(MinorsSecretBook.Kind)) _minors.Load(json);
        foreach (var (id, _) in _store.All(NamedKind)) _named.Add(long.Parse(id, CultureInfo.InvariantCulture));
    }

    private void RegisterStatements()
    {
        _verbs.Person(StatementVerbs.Open, async (asking, ask) =>
        {
            var who = await AtDeskAsync(asking, ask).ConfigureAwait(false);
            await JournalAsync([AtDesk(asking, "statement.opened", who.Id, ask.Reader)]).ConfigureAwait(false);
            return ComposeStatement(who, ask.Reader, asking.Now);
        });
        _verbs.Person(StatementVerbs.MakeLink, async (asking, ask) =>
        {
            var who = await AtDeskAsync(asking, ask).ConfigureAwait(false);
            await JournalAsync([AtDesk(asking, "statement.link", who.Id, ask.Reader)]).ConfigureAwait(false);
            return Locking(() => _links.Make(who.Id, ask.Reader, asking.Caller.Account, asking.Now));
        });
        _verbs.Anyone(StatementVerbs.ByLink, ByLinkAsync);
        _verbs.Anyone(StatementVerbs.File, FileOfStatementAsync);
        _verbs.Person(StatementVerbs.Name, async (asking, ask) =>
        {
            if (!RoleAccess.MayNameInStatement(asking.Caller.Role)) throw new RefusedException(RefusalCodes.Role, "Un nom est ajouté au relevé par la déléguée à la protection des données.");
            var reason = Words.Checked(ask.Reason, "Pourquoi ce nom est indispensable aux droits du patient", 10, 500);
            if (ask.Index < 0 || ask.Index >= _journal.Size || _journal.At(ask.Index).Entry is not { Patient: { } patient, Account: not null }) throw new RefusedException(RefusalCodes.NotFound, "Cette ligne du journal n'est pas l'accès d'une personne à un dossier.");
            await JournalAsync([new JournalEntry { Time = asking.Now, Kind = "statement.named", Account = asking.Caller.Account, Session = asking.Caller.Session, Station = asking.Caller.Station, Patient = patient, Detail = $"{ask.Index} {reason}" }]).ConfigureAwait(false);
            lock (_gate) { _store.Put((NamedKind, ask.Index.ToString(CultureInfo.InvariantCulture), [1])); _named.Add(ask.Index); }
            return Done.It;
        });
        RegisterMinorsSecrets();
    }

    private void RegisterMinorsSecrets()
    {
        _verbs.Person(StatementVerbs.Secrets, async (asking, ask) =>
        {
            var aliases = Locking(() => Treats(asking, ask.Patient));
            await JournalAsync([AtDesk(asking, "minor.read", ask.Patient, null)]).ConfigureAwait(false);
            return Locking(() => new MinorsSecrets([.. _minors.Of(aliases).OrderByDescending(secret => secret.At).Select(secret => new MinorsSecret(secret.Id, secret.From, secret.Until, secret.At, _accounts.Of(secret.By).Name, secret.Lifted))]));
        });
        _verbs.Person(StatementVerbs.KeepSecret, async (asking, ask) =>
        {
            Locking(() => { Treats(asking, ask.Patient); _minors.Check(ask, BornOn(ask.Patient), asking.Now); return Done.It; });
            await JournalAsync([AtDesk(asking, "minor.kept", ask.Patient, null)]).ConfigureAwait(false);
            lock (_gate) _minors.Keep(ask, asking.Caller.Account, asking.Now);
            return Done.It;
        });
        _verbs.Person(StatementVerbs.LiftSecret, async (asking, ask) =>
        {
            Locking(() => _minors.Known(Treats(asking, ask.Patient), ask.Secret));
            if (asking.Now - asking.Caller.TouchedAt > SessionPolicy.Fresh) throw new RefusedException(RefusalCodes.Touch, "Touchez votre clé de sécurité : les parents liront ces jours.");
            await JournalAsync([AtDesk(asking, "minor.lifted", ask.Patient, null)]).ConfigureAwait(false);
            lock (_gate) _minors.Lift(_minors.Known(_identities.AliasesOf(ask.Patient), ask.Secret));
            return Done.It;
        });
    }

    /// <summary>
    /// Who may stand at the desk for whom. Each question costs a touch of its own and counts in the hour, before anything is looked up: a live session opens
    /// no statement by itself, and does not learn who exists, keeps his presence secret, is a minor or is doubtful.
    /// </summary>
    private async ValueTask<Identity> AtDeskAsync(PersonAsking asking, OpenStatement ask)
    {
        var caller = asking.Caller;
        if (!RoleAccess.MayOpenStatement(caller.Role)) throw new RefusedException(RefusalCodes.Role, "Le relevé du patient s'ouvre aux admissions, au secrétariat médical, ou chez la déléguée à la protection des données.");
        if (!Enum.IsDefined(ask.Reader) || ask.Consent != StatementWords.Consent(ask.Reader)) throw new RefusedException("statement.consent", "Le relevé s'ouvre avec l'accord du patient : confirmez la phrase affichée.");
        if (ask.Patient is null == ask.Ipp is null) throw new RefusedException(RefusalCodes.Invalid, "Donnez l'IPP du patient.");
        await _identities.ReadyAsync().ConfigureAwait(false);
        lock (_gate) SpendStatement(caller, asking.Now);
        var patient = ask.Patient is { } id && _identities.Exists(id) ? _identities.AliasesOf(id)[0] : ask.Ipp is { } ipp ? _identities.Select(new PatientSelection(Ipps: [ipp]), 1)[0] : throw new RefusedException(RefusalCodes.NotFound, "Ce patient n'existe pas dans l'établissement.");
        var who = _identities.Of(patient);
        Alarm? caught;
        lock (_gate)
        {
            var aliases = _identities.AliasesOf(patient);
            var ground = _relations.Explain(aliases, caller.Account, caller.Units, asking.Now);
            if (who.Secret && ground is null && caller.Role is not Role.PrivacyOfficer) throw new RefusedException(RefusalCodes.SecrecyProtected, "Ce patient a demandé le secret sur sa présence. La déléguée à la protection des données ouvre son relevé.");
            Readable(who, ask.Reader, asking.Now);
            if (!_honey.Caught(aliases, ground)) return who;
            EndCaught(caller.Session);
            caught = _bell.Honey(caller.Account, patient, asking.Now);
        }
        if (caught is not null) await RingAsync(caught, asking.Now, caller.Session, caller.Station).ConfigureAwait(false);
        throw new RefusedException(RefusalCodes.NoSession, "Votre session est terminée. Identifiez-vous de nouveau.");
    }

    /// <summary>Under the lock.</summary>
    private void SpendStatement(Caller caller, DateTimeOffset now)
    {
        var hour = Hour(_statements, caller.Account);
        while (hour.Count > 0 && now - hour.Peek() > TimeSpan.FromHours(1)) hour.Dequeue();
        if (hour.Count >= StatementsAnHour) throw new RefusedException("statement.limit", $"{StatementsAnHour} relevés demandés en une heure par ce compte : un collègue prend la suite, ou attendez.");
        if (now - caller.TouchedAt > SessionPolicy.Fresh || hour.Count > 0 && caller.TouchedAt <= hour.Last()) throw new RefusedException(RefusalCodes.Touch, "Touchez votre clé de sécurité : chaque relevé demande un geste.");
        hour.Enqueue(now);
    }

    /// <summary>Used or tried, it is counted and journaled before anything is said. Whoever asks without a link learns nothing, not even whether it ever was one.</summary>
    private async ValueTask<Statement> ByLinkAsync(OpenByLink ask)
    {
        await _identities.ReadyAsync().ConfigureAwait(false);
        var now = _time.GetUtcNow();
        var tried = Locking(() => _links.Try(ask, now));
        if (tried.Link is not { } link) throw LinkDead();
        await JournalAsync([new JournalEntry { Time = now, Kind = tried.Opens ? "statement.opened" : "statement.code-wrong", Patient = link.Patient, Domain = tried.Opens ? Domain.Identity : null, Purpose = link.Reader.ToString(), Ground = tried.Opens ? "link" : null }]).ConfigureAwait(false);
        if (!tried.Opens) throw link.Wrong >= StatementLinks.WrongCodes ? LinkDead() : new RefusedException("statement.code", $"Ce code n'est pas le bon. Essais restants : {StatementLinks.WrongCodes - link.Wrong}.");
        // A link that a stolen session made ends with its account.
        if (Locking(() => _accounts.Of(link.By)) is { Frozen: true }) throw LinkDead();
        var who = _identities.Of(_identities.AliasesOf(link.Patient)[0]);
        Readable(who, link.Reader, now);
        return ComposeStatement(who, link.Reader, now);
    }

    private static RefusedException LinkDead() => new("statement.link", "Ce lien n'ouvre plus de relevé : il a servi, il a plus de 72 heures, ou le code a été faux cinq fois. Demandez-en un autre à l'établissement.");

    /// <summary>Age is counted here, on the day of the statement.</summary>
    private static void Readable(Identity who, StatementReader reader, DateTimeOffset now)
    {
        if (reader is StatementReader.ParentalAuthority && !IsMinor(who, now)) throw new RefusedException("statement.adult", "Ce patient est majeur : lui seul demande son relevé.");
        if (who.Doubtful) throw new RefusedException("statement.doubtful", "Cette identité est marquée douteuse : vérifiez-la avant de remettre un relevé.");
    }

    private static bool IsMinor(Identity who, DateTimeOffset now) => who.Traits.BirthDate > ClinicalTime.Day(now).AddYears(-18);

    private Statement ComposeStatement(Identity who, StatementReader reader, DateTimeOffset now)
    {
        var aliases = _identities.AliasesOf(who.Id);
        var entries = Once(aliases, _journal.Read(new JournalQuestion { Patients = aliases })).Where(at => !StatementWords.Watching.Contains(at.Entry.Kind)).Take(StatementMost + 1).ToArray();
        var cut = entries.Length > StatementMost;
        return Locking(() =>
        {
            var secrets = reader is StatementReader.ParentalAuthority ? _minors.Of(aliases) : [];
            var shown = entries.Take(StatementMost).Where(at => reader is StatementReader.Patient || !StatementWords.MinorsOwn(at.Entry.Kind, at.Entry.Purpose) && !secrets.Any(secret => secret.Covers(at.Entry.Time))).Reverse().ToArray();
            var named = NamedIn(shown);
            var traits = who.Traits;
            var statement = new Statement(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), RandomNumberGenerator.GetBytes(32), now + OpenedStatements.Life, _file.Name, now, reader,
                new StatementPatient(traits.UsedName ?? traits.BirthName, traits.UsedGivenName ?? traits.FirstGivenName, traits.UsedName is null || traits.UsedName == traits.BirthName ? null : traits.BirthName, traits.BirthDate, Identity.Number(who.Ipp), IsMinor(who, now)),
                StatementComposer.Compose(shown, at => ActorOf(at, named)), cut);
            _opened.Keep(new OpenedStatement(statement, shown), now);
            return statement;
        });
    }

    /// <summary>A decision on one access names its person in that hour, for all that he did in it.</summary>
    private HashSet<(AccountId, long)> NamedIn(IEnumerable<NumberedEntry> entries) =>
        [.. entries.Where(at => _named.Contains(at.Index) && at.Entry.Account is not null).Select(at => (at.Entry.Account!.Value, at.Entry.Time.ToUnixTimeSeconds() / 3600))];

    /// <summary>Under the lock.</summary>
    private Actor ActorOf(NumberedEntry at, HashSet<(AccountId, long)> named)
    {
        var entry = at.Entry;
        if (entry.Account is { } id)
        {
            var account = _accounts.Of(id);
            // Where the entry does not say, what the account is today.
            var (role, unit) = (StatementWords.Shows(entry.Kind).Contains("detail") ? StatementWords.Acting(entry.Detail) : null) ?? (account.Role, account.Units.Count == 1 ? account.Units[0] : null);
            return new Actor(StatementWords.Function(role), unit is { } one ? UnitName(one) : null,
                StatementWords.IsNamed(entry.Kind, role) || named.Contains((id, entry.Time.ToUnixTimeSeconds() / 3600)) ? account.Name : null);
        }
        if (entry.Kind.StartsWith("statement.", StringComparison.Ordinal)) return new Actor(StatementWords.Himself(entry.Kind, entry.Purpose), null, null);
        return new Actor(entry.Kind is "mandate" or "export" or "pack" or "pack-opened" ? WhoWorked(entry) : $"logiciel {(entry.Client is { } client ? _clients.NameOf(client) : "d'interface")}", null, null);
    }

    private async ValueTask<StatementFilePart> FileOfStatementAsync(FileOfStatement ask)
    {
        var opened = Locking(() => _opened.Of(ask.Handle, _time.GetUtcNow()));
        var file = await opened.FileAsync(() => WriteAsync(opened)).ConfigureAwait(false);
        var parts = (file.Length + StatementPart - 1) / StatementPart;
        if (ask.Part < 0 || ask.Part >= parts) throw new RefusedException(RefusalCodes.Invalid, $"Ce fichier a {parts} parties.");
        return new StatementFilePart(file[(ask.Part * StatementPart)..Math.Min(file.Length, (ask.Part + 1) * StatementPart)], parts);
    }

    private async Task<byte[]> WriteAsync(OpenedStatement opened)
    {
        var statement = opened.Statement;
        var (checkpoint, paths) = await _journal.ProveAsync([.. opened.Entries.Select(at => at.Index)]).ConfigureAwait(false);
        return StatementExport.Write(new StatementFile.Head("statement", StatementFile.Format, _file.Cell, statement.Establishment, statement.Number, statement.At, statement.Reader, statement.Who, statement.Cut, statement.Lines.Count, opened.Entries.Count, _journal.PublicKey, checkpoint),
            statement.Lines, opened.Entries, paths, _keys.JournalSeed());
    }

    /// <summary>Under the lock: a physician or nurse with a relation to this patient.</summary>
    private IReadOnlyList<PatientId> Treats(PersonAsking asking, PatientId patient)
    {
        if (!RoleAccess.MayKeepMinorsSecret(asking.Caller.Role)) throw new RefusedException(RefusalCodes.Role, "Le secret demandé par un mineur est noté par le médecin ou l'infirmier qui le soigne.");
        if (!_identities.Exists(patient)) throw new RefusedException(RefusalCodes.NotFound, "Ce patient n'existe pas dans l'établissement.");
        var aliases = _identities.AliasesOf(patient);
        if (_relations.Explain(aliases, asking.Caller.Account, asking.Caller.Units, asking.Now) is null) throw new RefusedException(RefusalCodes.NoRelation, "Aucun lien de soin connu entre vous et ce patient.");
        return aliases;
    }

    private DateOnly BornOn(PatientId patient) => _identities.Of(_identities.AliasesOf(patient)[0]).Traits.BirthDate;

    private static JournalEntry AtDesk(PersonAsking asking, string kind, PatientId patient, StatementReader? reader) => new()
    {
        Time = asking.Now,
        Kind = kind,
        Account = asking.Caller.Account,
        Session = asking.Caller.Session,
        Station = asking.Caller.Station,
        Patient = patient,
        // Who the patient is, is on the statement: the exposure of a stolen account counts it.
        Domain = kind is "statement.opened" or "statement.link" ? Domain.Identity : null,
        Purpose = reader?.ToString(),
        Ground = reader is null ? null : "desk",
        Detail = StatementWords.Acting(asking.Caller.Role, asking.Caller.Units.Count == 1 ? asking.Caller.Units.First() : null),
    };
}
