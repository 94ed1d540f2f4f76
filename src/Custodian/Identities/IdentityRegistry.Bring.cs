namespace Serment.Custodian.Identities;

/// <summary>Many people at once, for whoever brings a base in: each is decided as one alone would be, and one durable write keeps them all.</summary>
internal sealed partial class IdentityRegistry
{
    /// <summary>A batch is written before the next of the same day, name, source or matricule is looked at, so that people of one call are compared with each other too.</summary>
    /// <exception cref="RefusedException">One of them cannot be: those before him may be kept, and asking again finds them by their source.</exception>
    public IReadOnlyList<IdentityCreated> Bring(IReadOnlyList<CreateIdentity> asked, DateTimeOffset now)
    {
        lock (_changing)
        {
            var book = Opened();
            var (answers, waiting) = (new IdentityCreated[asked.Count], new List<Identity>());
            var (days, marks) = (new HashSet<DateOnly>(), new HashSet<string>(StringComparer.OrdinalIgnoreCase));
            for (var i = 0; i < asked.Count; i++)
            {
                var (traits, source) = (asked[i].Traits, asked[i].Source);
                string[] own = [$"name {traits.BirthName} {traits.FirstGivenName}", $"source {source}", .. traits.Matricule is { } matricule ? new[] { $"matricule {matricule.Replace(" ", "", StringComparison.Ordinal)}" } : []];
                if (days.Contains(traits.BirthDate) || own.Any(marks.Contains)) Flush();
                var (reply, fresh) = Decide(book, asked[i], null, now, waiting.Count);
                answers[i] = reply;
                if (fresh is null) continue;
                waiting.Add(fresh);
                days.Add(traits.BirthDate);
                marks.UnionWith(own);
            }
            Flush();
            return answers;

            void Flush()
            {
                Keep(book, waiting, new IdentityChange(now, null, "created", ""));
                waiting.Clear();
                days.Clear();
                marks.Clear();
            }
        }
    }
}
