using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Serment.Custodian.State;

namespace Serment.Custodian.Identities;

/// <summary>Where sealed identities lie: several objects written as one, and one object read back.</summary>
internal sealed record IdentityShelf(Action<(string Kind, string Id, byte[] Value)[]> Put, Func<string, string, byte[]?> Get);

/// <summary>
/// Who people are: the only place that knows. In memory, rebuilt from sealed storage beside the start; until then ids are
/// looked up in the storage itself, so that releases do not wait, and search says that it is not ready.
/// Thread-safe: searches run side by side and outside the cell's lock; changes one at a time. Nothing here takes the cell's lock.
/// </summary>
/// <param name="places">The birth places that are loaded here, if any: what a person types is held to them.</param>
internal sealed partial class IdentityRegistry(bool demonstration, IdentityShelf shelf, Func<OfficialPlaces?>? places = null) : IDisposable
{
    public const string Kind = "identity", HistoryKind = "identity-history", AliasKind = "identity-alias";
    private const int SourceMost = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ReaderWriterLockSlim _lock = new();
    /// <summary>Held through a whole change, its durable write included; searches go on meanwhile.</summary>
    private readonly Lock _changing = new();
    private readonly AliasTable _aliases = new();
    private Book? _book;
    private Task _loading = Task.CompletedTask;
    private int _stored;
    private Task _merging = Task.CompletedTask;

    /// <summary>Everything that is only known once all identities are read.</summary>
    private sealed class Book(int expected)
    {
        public readonly PeopleTable People = new(expected);
        public readonly Dictionary<int, int> ByIpp = new(expected);
        public readonly Dictionary<ulong, int> ByMatricule = [];
        public readonly Dictionary<UInt128, int> BySource = [];
        public SearchIndex Index = null!;
        public int LastIpp;

        public (int Person, bool New) Keep(Identity identity, ReadOnlySpan<byte> row)
        {
            if (People.TryNumber(identity.Id, out var known) && KeyOf(People.Row(known)[IdentityRow.Text.Matricule]) is var old && ByMatricule.GetValueOrDefault(old, -1) == known) ByMatricule.Remove(old);
            var (person, fresh) = People.Put(identity.Id, row);
            Number(person, new IdentityRow(row));
            return (person, fresh);
        }

        public void Number(int person, IdentityRow row)
        {
            ByIpp[row.Ipp] = person;
            LastIpp = Math.Max(LastIpp, row.Ipp);
            if (row[IdentityRow.Text.Matricule] is { IsEmpty: false } matricule) ByMatricule.TryAdd(KeyOf(matricule), person);
            if (row[IdentityRow.Text.Source] is { IsEmpty: false } source) BySource[SourceKey(source)] = person;
        }

        public int? Bearer(string matricule) => ByMatricule.TryGetValue(KeyOf(Encoding.ASCII.GetBytes(matricule)), out var person) ? person : null;

        public int? From(string source) => BySource.TryGetValue(SourceKey(Encoding.UTF8.GetBytes(source)), out var person) ? person : null;

        /// <summary>A matricule as a number: fifteen places of digits, A and B.</summary>
        private static ulong KeyOf(ReadOnlySpan<byte> matricule)
        {
            var key = 0UL;
            foreach (var c in matricule) key = key * 12 + (c >= 'A' ? c - (uint)'A' + 10 : c - (uint)'0');
            return key;
        }

        private static UInt128 SourceKey(ReadOnlySpan<byte> source)
        {
            Span<byte> hash = stackalloc byte[32];
            SHA256.HashData(source, hash);
            return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
        }
    }

    public bool Ready => _book is not null;

    /// <summary>How many identities there are; while they load, as many as are stored.</summary>
    public int Count => Reading(() => _book?.People.Count ?? _stored);

    /// <summary>Merges are few and read at once; people are read beside, each as <paramref name="rows"/> hands him over.</summary>
    public void Load(IEnumerable<(string Id, byte[] Value)> aliases, Action<Taken> rows, int expected)
    {
        foreach (var (id, value) in aliases) _aliases.Set(Id.Parse<PatientId>(id), value.Length == 16 ? Id.FromBytes<PatientId>(value) : null);
        _stored = expected;
        _loading = Task.Factory.StartNew(() => Read(rows, expected), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Returns when search works; refuses when that takes longer than someone wants to wait, or when the state is damaged.</summary>
    public async ValueTask ReadyAsync()
    {
        try { await _loading.WaitAsync(Patience).ConfigureAwait(false); }
        catch (TimeoutException) { throw NotReady(); }
    }

    public bool Exists(PatientId patient) => Reading(() => _book is { } book ? book.People.TryNumber(patient, out _) : shelf.Get(Kind, patient.ToString()!) is not null);

    /// <summary>Every id under which this person's entries may lie, the living one first.</summary>
    public IReadOnlyList<PatientId> AliasesOf(PatientId patient) => Reading(() => _aliases.Of(patient));

    /// <summary>Every id that was that person's then and still is, the one that is named first: what was signed does not grow with a later merge.</summary>
    public IReadOnlyList<PatientId> AliasesOf(PatientId patient, DateTimeOffset then)
    {
        var now = AliasesOf(patient);
        if (now.Count == 1) return now;
        var joined = now.Select(id => (Id: id, Into: Reading(() => _aliases.Into(id)))).Where(one => one.Into is not null && MergeOf(one.Id) is { } merge && merge.At <= then).ToArray();
        var known = new List<PatientId> { patient };
        for (var i = 0; i < known.Count; i++)
            known.AddRange(joined.Where(one => one.Id == known[i]).Select(one => one.Into!.Value).Concat(joined.Where(one => one.Into == known[i]).Select(one => one.Id)).Except(known).ToArray());
        return known;
    }

    /// <summary>Whether that account made one person of those files.</summary>
    public bool MergedBy(IReadOnlyList<PatientId> aliases, AccountId account) => aliases.Any(id => Reading(() => _aliases.Into(id)) is not null && MergeOf(id)?.By == account);

    private IdentityChange? MergeOf(PatientId absorbed) => History(absorbed).LastOrDefault(step => step.What == "merged");

    public IdentityCreated Create(CreateIdentity ask, AccountId? by, DateTimeOffset now)
    {
        lock (_changing)
        {
            var book = Opened();
            var (reply, identity) = Decide(book, ask, by, now);
            if (identity is not null) Keep(book, identity, new IdentityChange(now, by, "created", ""));
            return reply;
        }
    }

    /// <param name="ahead">How many decided before are not kept yet: they have their numbers.</param>
    /// <returns>The answer, and whom to keep when it creates somebody.</returns>
    private (IdentityCreated Reply, Identity? Fresh) Decide(Book book, CreateIdentity ask, AccountId? by, DateTimeOffset now, int ahead = 0)
    {
        if (ask.Source is { } source)
        {
            if (Encoding.UTF8.GetByteCount(source) is 0 or > SourceMost) throw Invalid($"Référence de la source : 1 à {SourceMost} octets.");
            if (Reading(() => book.From(source) is { } known ? book.People.Read(known) : null) is { } again)
            {
                // What a desk corrected since is still what the source said then.
                if (!SourceClaim.Same(again.Traits, ask.Traits) && !History(again.Id).Any(step => step.Before is { } before && SourceClaim.Same(before, ask.Traits))) throw new RefusedException(RefusalCodes.Conflict, SourceClaim.Refused);
                return (new IdentityCreated(Reading(() => Living(book, book.From(source)!.Value)).Line, []), null);
            }
        }
        var traits = TraitRules.Strict(ask.Traits, demonstration, ClinicalTime.Day(now));
        // What an interface brings stays provisional and is mended at the desk: nothing is lost for its code.
        if (by is not null) TraitRules.Stood(traits, ask.Status, places?.Invoke());
        if (Bearer(book, traits.Matricule) is { } same && TraitRules.KeyHolds(traits.Matricule!)) return (new IdentityCreated(null, [same.Line]), null);
        var duplicates = LikelyDuplicates(traits);
        if (duplicates.Count > 0 && !ask.DespiteDuplicates) return (new IdentityCreated(null, duplicates), null);
        var identity = new Identity { Id = Id.New<PatientId>(), Ipp = book.LastIpp + ahead + 1, Traits = traits, Status = ask.Status, Homonym = duplicates.Any(d => d.BirthName == traits.BirthName && d.GivenName == (traits.UsedGivenName ?? traits.FirstGivenName)), Source = ask.Source };
        TraitRules.Coherent(identity);
        return (new IdentityCreated(identity.Line, duplicates), identity);
    }

    /// <summary>One person each, in the order asked; unknown ids are left out. An absorbed id shows the person it belongs to.</summary>
    public IReadOnlyList<IdentityLine> Lines(IEnumerable<PatientId> patients) => Reading<IReadOnlyList<IdentityLine>>(() =>
        [.. patients.Select(asked => Find(_aliases.Of(asked)[0]) is { } identity ? identity.Line with { Patient = asked } : null).OfType<IdentityLine>()]);

    /// <summary>The person as he is now, or a refusal.</summary>
    public Identity Of(PatientId patient) => Reading(() => Find(patient)) ?? throw new RefusedException(RefusalCodes.NotFound, "Ce patient n'existe pas dans l'établissement.");

    /// <summary>What was done to an identity, the first step first.</summary>
    public IReadOnlyList<IdentityChange> History(PatientId patient) =>
        shelf.Get(HistoryKind, patient.ToString()!) is { } json ? JsonSerializer.Deserialize<IReadOnlyList<IdentityChange>>(json, WireJson.Options)! : [];

    private Identity? Find(PatientId patient)
    {
        if (_book is { } book) return book.People.TryNumber(patient, out var person) ? book.People.Read(person) : null;
        return shelf.Get(Kind, patient.ToString()!) is { } row ? new IdentityRow(row).Read(patient) : null;
    }

    private Identity Living(Book book, int person)
    {
        var root = _aliases.Of(book.People.Id(person))[0];
        return root == book.People.Id(person) || !book.People.TryNumber(root, out var living) ? book.People.Read(person) : book.People.Read(living);
    }

    private Identity? Bearer(Book book, string? matricule) =>
        matricule is null ? null : Reading(() => book.Bearer(matricule) is { } person ? Living(book, person) : null);

    /// <summary>Durable first, then known.</summary>
    private void Keep(Book book, Identity identity, IdentityChange change) => Keep(book, [identity], change);

    private void Keep(Book book, IReadOnlyList<Identity> identities, IdentityChange change)
    {
        if (identities.Count == 0) return;
        var rows = identities.Select(IdentityRow.Write).ToArray();
        shelf.Put([.. identities.SelectMany<Identity, (string, string, byte[])>((identity, i) => [(Kind, identity.Id.ToString()!, rows[i]), (HistoryKind, identity.Id.ToString()!, Steps(identity.Id, change))])]);
        _lock.EnterWriteLock();
        try
        {
            for (var i = 0; i < rows.Length; i++)
            {
                var (person, fresh) = book.Keep(identities[i], rows[i]);
                book.Index.Changed(person, fresh);
            }
        }
        finally { _lock.ExitWriteLock(); }
        if (_merging.IsCompleted && Reading(book.Index.Due) is { } due) _merging = Task.Run(() => Merge(book, due));
    }

    private byte[] Steps(PatientId patient, IdentityChange change) => JsonSerializer.SerializeToUtf8Bytes<IdentityChange[]>([.. History(patient), change], WireJson.Options);

    private void Merge(Book book, SearchIndex.Merge due)
    {
        var built = NameIndex.Build(due.Rows);
        _lock.EnterWriteLock();
        try { book.Index.Swap(due, built); }
        finally { _lock.ExitWriteLock(); }
    }

    private void Read(Action<Taken> rows, int expected)
    {
        var book = new Book(expected);
        rows((id, bytes) =>
        {
            Span<byte> value = stackalloc byte[16];
            if (Convert.FromHexString(id, value, out _, out var written) is not System.Buffers.OperationStatus.Done || written != 16) throw new RefusedException("state.damaged", "Une identité porte un identifiant illisible.");
            var row = new IdentityRow(bytes);
            row.Verify();
            book.Number(book.People.Put(Id.FromBytes<PatientId>(value), bytes).Person, row);
        });
        book.Index = new SearchIndex(book.People);
        book.Index.Build();
        _lock.EnterWriteLock();
        _book = book;
        _lock.ExitWriteLock();
        // What reading left behind is as large as what is kept.
        if (expected > 100_000) GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    private T Reading<T>(Func<T> read)
    {
        _lock.EnterReadLock();
        try { return read(); }
        finally { _lock.ExitReadLock(); }
    }

    private Book Opened() => _book ?? throw NotReady();

    private static RefusedException NotReady() => new(RefusalCodes.Away, "Les identités se chargent encore : la recherche répond dans quelques secondes.");

    private static RefusedException Invalid(string message) => new(RefusalCodes.Invalid, message);

    public void Dispose()
    {
        Task.WhenAll(_loading, _merging).ContinueWith(_ => { }, TaskScheduler.Default).Wait(TimeSpan.FromSeconds(10));
        _lock.Dispose();
    }
}
