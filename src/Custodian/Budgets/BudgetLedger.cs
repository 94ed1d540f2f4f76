namespace Serment.Custodian.Budgets;

/// <summary>What the budget asks before a file opens.</summary>
internal enum BudgetStep { Open, OpenAndNote, Touch, SecondPerson }

/// <summary>
/// Distinct patients opened, per account: since the last touch, today, and unrelated ones over 30 days.
/// Rebuilt from the journal at start; time never runs backwards here, so that no clock refills a budget.
/// Not thread-safe: one owner, the release desk, under its lock.
/// </summary>
internal sealed class BudgetLedger
{
    private readonly Dictionary<AccountId, Spent> _accounts = [];
    private DateTimeOffset _now;

    /// <summary>What opening one more patient asks; nothing is spent yet.</summary>
    public BudgetStep Ask(AccountId account, BudgetPolicy policy, PatientId patient, bool related, DateTimeOffset now) => Ask(account, policy, [patient], _ => related, now);

    /// <summary>What opening files that are one person's by a merge asks: each counts, so that no merge opens more than its files would one by one.</summary>
    /// <param name="related">Whether a file is explained by somebody else's act.</param>
    public BudgetStep Ask(AccountId account, BudgetPolicy policy, IReadOnlyCollection<PatientId> files, Func<PatientId, bool> related, DateTimeOffset now)
    {
        var spent = Of(account, now);
        var fresh = files.Count(file => !spent.SinceTouch.Contains(file));
        if (fresh == 0) return BudgetStep.Open;
        // Right after a touch any one person opens.
        if (spent.SinceTouch.Count > 0 && spent.SinceTouch.Count + fresh > policy.SinceTouch) return BudgetStep.Touch;
        var strange = files.Where(file => !spent.Today.Contains(file) && !related(file)).ToArray();
        if (strange.Length > 0)
        {
            if (strange.Count(file => !spent.Unrelated.ContainsKey(file)) is > 0 and var more && spent.Unrelated.Count + more > policy.Unrelated30Days) return BudgetStep.SecondPerson;
            var (today, then) = (spent.UnrelatedToday.Count, spent.UnrelatedToday.Count + strange.Length);
            if (then > policy.UnrelatedSecond || spent.Today.Count >= policy.Second) return BudgetStep.SecondPerson;
            if (then > policy.UnrelatedTouch && spent.SinceTouch.Count > 0) return BudgetStep.Touch;
            if (today >= policy.UnrelatedNote) return BudgetStep.OpenAndNote;
        }
        if (spent.Today.Count >= policy.Touch && spent.SinceTouch.Count >= policy.TouchEvery) return BudgetStep.Touch;
        return spent.Today.Count >= policy.Note ? BudgetStep.OpenAndNote : BudgetStep.Open;
    }

    /// <summary>A patient who was open as a related one stays so for the day: losing the relation burns nothing.</summary>
    public void Spend(AccountId account, PatientId patient, bool related, DateTimeOffset now)
    {
        var spent = Of(account, now);
        var known = !spent.SinceTouch.Add(patient) | !spent.Today.Add(patient);
        if (related)
        {
            spent.Unrelated.Remove(patient);
            spent.UnrelatedToday.Remove(patient);
            return;
        }
        if (known && !spent.Unrelated.ContainsKey(patient)) return;
        spent.Unrelated[patient] = _now;
        spent.UnrelatedToday.Add(patient);
    }

    /// <summary>Someone or something else confirmed the fact that this account had made: it no longer counts as unrelated.</summary>
    public void Corroborated(AccountId account, PatientId patient, DateTimeOffset now)
    {
        var spent = Of(account, now);
        spent.Unrelated.Remove(patient);
        spent.UnrelatedToday.Remove(patient);
    }

    /// <summary>Whether those identity lines may still be shown before a touch; those already shown cost nothing.</summary>
    public bool MayShow(AccountId account, BudgetPolicy policy, IReadOnlyCollection<PatientId> lines, IReadOnlyCollection<PatientId> strangers, DateTimeOffset now)
    {
        var spent = Of(account, now);
        if (spent.Lines.Count + lines.Count(line => !spent.Lines.Contains(line)) > Math.Max(policy.LinesSinceTouch, spent.Lines.Count)) return false;
        var fresh = strangers.Where(line => !spent.Lines.Contains(line)).ToArray();
        return fresh.Length == 0 || !BeyondStrangers(account, policy, now) || spent.StrangerLinesSinceTouch + fresh.Length <= policy.TouchEvery;
    }

    /// <summary>Names of that many people without a relation were shown today: from here on few come at a time.</summary>
    public bool BeyondStrangers(AccountId account, BudgetPolicy policy, DateTimeOffset now) => Of(account, now).StrangerLinesToday.Count >= policy.StrangerLines;

    /// <param name="strangers">Those of the lines that no relation explains.</param>
    public void Show(AccountId account, IReadOnlyCollection<PatientId> lines, IReadOnlyCollection<PatientId> strangers, DateTimeOffset now)
    {
        var spent = Of(account, now);
        spent.StrangerLinesSinceTouch += strangers.Count(line => !spent.Lines.Contains(line));
        spent.StrangerLinesToday.UnionWith(strangers);
        spent.Lines.UnionWith(lines);
    }

    /// <summary>A physical touch: what was opened before it counts for the day only.</summary>
    public void Touched(AccountId account, DateTimeOffset now)
    {
        var spent = Of(account, now);
        spent.SinceTouch.Clear();
        spent.Lines.Clear();
        spent.StrangerLinesSinceTouch = 0;
    }

    public int OpenedToday(AccountId account, DateTimeOffset now) => Of(account, now).Today.Count;

    private Spent Of(AccountId account, DateTimeOffset now)
    {
        now = _now = now > _now ? now : _now;
        if (!_accounts.TryGetValue(account, out var spent)) _accounts[account] = spent = new Spent();
        var day = ClinicalTime.Day(now);
        if (spent.Day == day) return spent;
        spent.Day = day;
        spent.Today.Clear();
        spent.UnrelatedToday.Clear();
        spent.StrangerLinesToday.Clear();
        foreach (var (patient, at) in spent.Unrelated.ToArray())
            if (now - at > TimeSpan.FromDays(30)) spent.Unrelated.Remove(patient);
        return spent;
    }

    private sealed class Spent
    {
        public DateOnly Day;
        public readonly HashSet<PatientId> SinceTouch = [];
        public readonly HashSet<PatientId> Today = [];
        public readonly HashSet<PatientId> UnrelatedToday = [];
        public readonly HashSet<PatientId> Lines = [];
        public readonly HashSet<PatientId> StrangerLinesToday = [];
        public int StrangerLinesSinceTouch;
        public readonly Dictionary<PatientId, DateTimeOffset> Unrelated = [];
    }
}
