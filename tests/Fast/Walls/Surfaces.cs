using System.Reflection;
using System.Text.RegularExpressions;

namespace Serment.Fast.Tests.Walls;

/// <summary>
/// Every surface that may show more than one patient, and the per-patient decision that covers it. A surface is found from the code; whoever
/// adds one writes its row here, and whoever reviews it sees that a new one exists. docs/policy.md § surfaces.
/// </summary>
internal static partial class Surfaces
{
    // The decisions there are. Each takes patients one by one and drops, masks or refuses those that it does not allow.
    public const string Release = "ReleaseDesk.Decide: role, relation, ceiling, budget and journal, one patient after the other",
        Lines = "IdentityDesk.ShowAsync: relation or desk, secrecy, names since the touch and of strangers, journal, one line after the other",
        Own = "RelationBook.Of: ids of who is present in, or expected by, one's own units; they name nobody and open nothing",
        Adds = "ReleaseDesk.EncryptOnlyAsync: keys that seal one new record each and open none",
        Marked = "Cell.OnlySecurity: ids of files that nobody needs, for who reads no file",
        Reviewed = "Cell.Watches: what officers must look at; of a broken glass the IPP and the words, journaled once a day for each who reads them",
        OnePerson = "Cell.RegisterReleases: the ids of one person, to who registers a stay for him, journaled",
        Mandated = "MandateBook.Take: a queue that events or two officers filled, rate, ceiling, journal, one patient after the other",
        Exposed = "Cell.Leads: pseudonyms and IPPs of one incident, a page at a time, each page journaled, for who leads it",
        Given = "Cell.Given: only patients that this machine's mandate handed over, each letter journaled",
        Signed = "ApprovalBook.ListFor: IPPs of the list that two officers sign, each page journaled; no name",
        Asks = "MandateDesk.Propose: officers name patients by id or IPP; nothing of them comes back",
        Exported = "ExportBook.Give: the list that two officers of different roles signed, a block at a time, journaled, sealed to the recipient who was signed",
        Packed = "RelationBook.PresentIn: who is present in one unit as the Custodian knows it, 60 at most, journaled, sealed to the device that two officers signed for",
        Ticketed = "TicketBook: at most five patients that a ticket of two officers names, each release journaled, with a touch",
        Stays = "StaysDoor: nameless rows; whose names come by IdentityVerbs.Lines, whose file by a release",
        Told = "Cell.RegisterGaps: ids that a Server claims and counts of them, for two officers who accept a shorter journal; no name, no key",
        Statement = "Cell.AtDeskAsync, Cell.ByLinkAsync: the accesses of one patient, at the desk with his consent and a touch or with his link and code, journaled; never a file",
        Entrusts = "Cell.CheckStatement: relation or desk, receiver, limit of the hour, journal, one fact after the other; nothing of a patient comes back",
        LetIn = "Cell.RegisterRelations: stated facts of one person (his merged ids), for who has a relation to him, journaled; no name",
        Entrusted = "RelationBook.Entrusted: ids of whom others entrusted to this account or its units; they name nobody and open nothing",
        Refused = "no data of patients in the answer";

    /// <summary>Verbs whose question or answer holds several patients.</summary>
    public static IReadOnlyDictionary<string, string> Verbs { get; } = new Dictionary<string, string>
    {
        ["release.keys"] = Release,
        ["release.encrypt-only"] = Adds,
        ["identity.create"] = Lines,
        ["identity.newborns"] = Lines,
        ["identity.find"] = Lines,
        ["identity.lines"] = Lines,
        ["identity.order"] = Lines,
        ["identity.traits"] = Lines,
        ["identity.history"] = Lines,
        ["incident.patients"] = Exposed,
        ["incident.exposed"] = Given,
        ["incident.sent"] = Given,
        ["approval.patients"] = Signed,
        ["mandate.propose"] = Asks,
        ["export.propose"] = Asks,
        ["export.block"] = Exported,
        ["pack.refresh"] = Packed,
        ["ticket.propose"] = Asks,
        ["ticket.list"] = Ticketed,
        ["ticket.release"] = Ticketed,
        ["mandate.release"] = Mandated,
        ["mandate.done"] = Mandated,
        ["relation.own"] = Own,
        ["relation.state-all"] = Entrusts,
        ["relation.of"] = LetIn,
        ["relation.entrusted"] = Entrusted,
        ["stay.pending"] = Stays,
        ["honey.list"] = Marked,
        ["watch.reviews"] = Reviewed,
        ["stay.intend"] = OnePerson,
        ["identity.bring"] = Adds,
        ["gap.unknown"] = Told,
        ["gap.writes"] = Told,
        ["gap.report"] = Told,
    };

    /// <summary>Doors of the rooms that hand out rows of several patients.</summary>
    public static IReadOnlyDictionary<string, string> Doors { get; } = new Dictionary<string, string>
    {
        ["StaysDoor.OfUnitsAsync"] = Stays,
        ["StaysDoor.OfPatientAsync"] = Stays,
        ["StaysDoor.OfBirthsAsync"] = Stays,
        ["StaysDoor.MovementsAsync"] = Stays,
        ["EntriesDoor.ReadAsync"] = Release,
        ["EntriesDoor.ProtectedAsync"] = Release,
        ["EntriesDoor.VersionsAsync"] = Release,
        ["EntriesDoor.OfRoomAsync"] = Release,
        ["EntriesDoor.LastWrittenAsync"] = Stays,
    };

    /// <summary>Files of the Server that use one of them: screens, print, files, commands.</summary>
    public static IReadOnlyDictionary<string, string> Users { get; } = new Dictionary<string, string>
    {
        ["Commands/ImportFhir.cs"] = Adds,
        ["Letters/LetterRun.cs"] = Mandated,
        ["Commands/OlderCustodian.cs"] = Told,
        ["Commands/Agreement.cs"] = Told,
        ["Exports/ExportOpening.cs"] = Exported,
        ["Exports/ExportJob.cs"] = Exported,
        ["Packs/PackFolder.cs"] = Packed,
        ["Ui/Pages/SupportDesk.razor"] = Ticketed,
        ["Ui/Pages/Departures.razor"] = Asks,
        ["Signing/LentSlots.cs"] = Adds,
        ["Demonstration/DemonstrationFilling.cs"] = Adds,
        ["Signing/BrowserSession.cs"] = Lines,
        ["Signing/PatientFiles.cs"] = Release,
        ["Signing/StayReconciliation.cs"] = Stays,
        ["Ui/AdmissionForm.razor"] = Lines,
        ["Ui/BedPicker.razor"] = Stays,
        ["Ui/Chart/StaysPanel.razor"] = Stays,
        ["Ui/Chart/ProtectedPanel.razor"] = Release,
        ["Ui/Chart/EntryVersions.razor"] = Release,
        ["Ui/Incidents/IncidentPage.razor"] = Exposed,
        ["Ui/Incidents/LettersPanel.razor"] = Asks,
        ["Ui/PatientFinder.razor"] = Lines,
        ["Ui/EntrustedList.razor"] = Lines,
        ["Ui/HandoverDialog.razor"] = Entrusts,
        ["Ui/Chart/EntrustDialog.razor"] = LetIn,
        ["Ui/Chart/ChartPage.razor"] = Lines,
        ["Ui/Chart/IdentityPanel.razor"] = Lines,
        ["Ui/Pages/Beds.razor"] = Lines,
        ["Ui/Pages/Print.razor"] = Lines,
        ["Ui/Pages/Ward.razor"] = Lines,
        ["Ui/WardAllergies.cs"] = Release,
        ["Ui/Statements/StatementDesk.razor"] = Lines,
        ["Ui/Security/HoneyPanel.razor"] = Marked,
        ["Ui/Security/SecurityDesk.razor"] = Reviewed,
        ["Signing/StayMoves.cs"] = OnePerson,
    };

    /// <summary>Every address that answers, in both processes.</summary>
    public static IReadOnlyDictionary<string, string> Endpoints { get; } = new Dictionary<string, string>
    {
        ["Server: MapStaticAssets"] = Refused,
        ["Server: MapGet /health/live"] = Refused,
        ["Server: MapGet /health/ready"] = Refused,
        ["Server: MapFiles"] = Release,
        ["Server: MapPut /files"] = Release,
        ["Server: MapGet /files"] = Release,
        ["Server: MapPost /files"] = Release,
        ["Server: MapPacks"] = Packed,
        ["Server: MapGet /packs/{pack}"] = Packed,
        ["Server: MapPost /packs/openings"] = Refused,
        ["Server: MapPost /packs/seen"] = Refused,
        ["Server: MapStatements"] = Statement,
        ["Server: MapGet /releve"] = Refused,
        ["Server: MapPost /releve"] = Statement,
        ["Server: MapPost /releve/fichier"] = Statement,
        ["Server: MapFallback"] = Told,
        ["Server: MapRazorComponents"] = "the screens above",
        ["Custodian: MapWhen"] = "the verbs above, on the Custodian's own page",
        ["Custodian: MapGrpcService"] = "the verbs above",
        ["Custodian: Map"] = "the verbs above, on the Custodian's own page",
    };

    /// <summary>Verbs declared in that assembly, by name, that ask for or answer with a collection of what says whose it is.</summary>
    public static IEnumerable<string> VerbsWithSeveral(Assembly wire, string? under = null) =>
        from type in wire.GetTypes()
        where under is null || type.Namespace == under
        from field in type.GetFields(BindingFlags.Public | BindingFlags.Static)
        where field.FieldType.IsGenericType && field.FieldType.GetGenericTypeDefinition() == typeof(Verb<,>) && field.FieldType.GetGenericArguments().Any(HoldsSeveral)
        select (string)field.FieldType.GetProperty("Name")!.GetValue(field.GetValue(null))!;

    /// <summary>Public methods of doors whose parameters or answer hold several patients.</summary>
    public static IEnumerable<string> DoorsToSeveral(Assembly records, string? under = null) =>
        (from type in records.GetTypes()
         where type.Name.EndsWith("Door", StringComparison.Ordinal) && (under is null ? type.IsPublic : type.Namespace == under)
         from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
         where HoldsSeveral(method.ReturnType)
         select $"{type.Name}.{method.Name}").Distinct();

    /// <summary>Files that name one of those verbs or call one of those doors.</summary>
    public static IEnumerable<string> UsersAmong(IEnumerable<(string File, string Text)> sources)
    {
        var verbs = typeof(CellVerbs).Assembly.GetTypes().SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static))
            .Where(field => field.FieldType.IsGenericType && field.FieldType.GetGenericTypeDefinition() == typeof(Verb<,>) && Verbs.ContainsKey((string)field.FieldType.GetProperty("Name")!.GetValue(field.GetValue(null))!))
            .Select(field => $"{field.DeclaringType!.Name}.{field.Name}").ToArray();
        return from source in sources
               where verbs.Any(verb => Regex.IsMatch(source.Text, $@"\b{Regex.Escape(verb)}\b"))
                   || Doors.Keys.Any(door => door.Split('.') is [var type, var method] && source.Text.Contains(type, StringComparison.Ordinal) && source.Text.Contains($".{method}(", StringComparison.Ordinal))
               select source.File;
    }

    public static IEnumerable<string> EndpointsIn(string process, string text) =>
        MapCall().Matches(text).Select(call => $"{process}: {call.Groups[1].Value}{(call.Groups[2].Success ? $" {call.Groups[2].Value}" : "")}");

    /// <summary>In code and not in the table, or in the table and no more in the code.</summary>
    public static IEnumerable<string> Compare(IEnumerable<string> found, IReadOnlyDictionary<string, string> table)
    {
        var seen = found.ToHashSet();
        return [.. seen.Where(name => !table.ContainsKey(name)).Select(name => $"{name} holds several patients and is in no row: say in tests/Fast/Walls/Surfaces.cs which decision covers each of them"), .. table.Keys.Where(name => !seen.Contains(name)).Select(name => $"{name} is gone: take its row away")];
    }

    private static bool HoldsSeveral(Type type) => Collections(type, []).Any(element => SaysWhose(element, []));

    /// <summary>The element types of every collection in what a type holds.</summary>
    private static IEnumerable<Type> Collections(Type type, HashSet<Type> seen)
    {
        if (!seen.Add(type) || Plain(type)) yield break;
        if (type.IsGenericType && type.GetInterfaces().Append(type).Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>)))
            foreach (var element in type.GetGenericArguments()) yield return element;
        if (type.IsArray && type != typeof(byte[])) yield return type.GetElementType()!;
        // Numbers name people as surely as ids do.
        if (Ours(type) && type.GetProperties().Any(p => p.Name.StartsWith("Ipps", StringComparison.Ordinal))) yield return typeof(PatientId);
        foreach (var inner in type.GetGenericArguments().Concat(Ours(type) ? type.GetProperties().Select(p => p.PropertyType) : []))
            foreach (var element in Collections(inner, seen)) yield return element;
    }

    private static bool SaysWhose(Type type, HashSet<Type> seen) =>
        type == typeof(PatientId) || type == typeof(StayId) || type == typeof(IdentityTraits)
        || Ours(type) && type.GetProperties().Any(p => p.Name == "Ipp")
        || (seen.Add(type) && !Plain(type) && type.GetGenericArguments().Concat(Ours(type) ? type.GetProperties().Select(p => p.PropertyType) : []).Any(inner => SaysWhose(inner, seen)));

    private static bool Plain(Type type) => type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(byte[]);

    private static bool Ours(Type type) => type.Namespace?.StartsWith("Serment", StringComparison.Ordinal) == true;

    [GeneratedRegex(@"\.(Map[A-Za-z]*)(?:<[A-Za-z.]+>)?\((?:\s*""([^""]*)"")?")]
    private static partial Regex MapCall();
}
