using System.Collections;
using System.Diagnostics;
using System.Reflection;
using System.Security.Cryptography;

namespace Serment.Server.Drill;

/// <summary>What an attacker knows before he begins: generously, every identifier that the establishment ever used.</summary>
internal sealed record Knowledge(IReadOnlyList<AccountId> Accounts, IReadOnlyList<PatientId> Patients, IReadOnlyList<UnitId> Units, IReadOnlyList<SessionId> Sessions, IReadOnlyList<StationId> Stations, List<ApprovalId> Approvals, IReadOnlyList<string> Queries);

/// <summary>
/// The verbs of the wire, found where they are declared, so that one added tomorrow is tried tomorrow; and for each, bodies that
/// make sense: the identifiers known, every role, domain and source, dates that hold, reasons that are long enough.
/// </summary>
internal static class EveryVerb
{
    private const int Variants = 24;
    private static readonly ECDsa OwnKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>Without the clock: where there is somebody to attack it does not move (decision 0018).</summary>
    public static IReadOnlyList<(string Name, Type Ask)> All { get; } =
        [.. typeof(CellVerbs).Assembly.GetTypes().SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static))
            .Where(field => field.FieldType.IsGenericType && field.FieldType.GetGenericTypeDefinition() == typeof(Verb<,>))
            .Select(field => ((string)field.FieldType.GetProperty("Name")!.GetValue(field.GetValue(null))!, field.FieldType.GetGenericArguments()[0]))
            .Where(verb => (string)verb.Item1 != ClockVerbs.Advance.Name).Distinct().OrderBy(verb => verb.Item1, StringComparer.Ordinal)];

    /// <summary>What undoes the attacker's own work, ends his session or his key: tried last, in this order. Negative: any time.</summary>
    public static int RankOfLast(string verb) => Array.IndexOf(["account.reject", "session.lock", "session.end", "account.freeze", "account.close", "account.lost-key"], verb);

    public static IEnumerable<object> Bodies(Type ask, Knowledge known) =>
        ask == typeof(Nothing) ? [Nothing.AtAll] : Enumerable.Range(0, Variants).Select(variant => Make(ask, variant, "", known)!);

    private static object? Make(Type type, int v, string name, Knowledge known)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner) return v % 3 == 2 ? null : Make(inner, v, name, known);
        if (type.IsEnum) return Enum.GetValues(type).GetValue(v % Enum.GetValues(type).Length);
        if (type == typeof(string)) return Text(name, v, known);
        if (type == typeof(bool)) return v % 2 == 1;
        if (type == typeof(long)) return (long)v;
        if (type == typeof(int)) return name == "PageSize" ? 50 : name == "ApparentAge" ? 40 : v % 3;
        if (type == typeof(DateOnly)) return name == "BirthDate" ? new DateOnly(1950, 1, 1) : ClinicalTime.Day(DateTimeOffset.UtcNow).AddDays(v % 2 * 30);
        if (type == typeof(DateTimeOffset)) return DateTimeOffset.UtcNow.AddHours(name == "From" ? 0 : 6);
        if (type == typeof(byte[])) return name == "PublicKey" ? OwnKey.ExportSubjectPublicKeyInfo() : RandomNumberGenerator.GetBytes(32);
        if (Identifier(type, v, known) is { } id) return id;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)) return ListOf(type.GetGenericArguments()[0], v, name, known);
        var constructor = type.GetConstructors().MaxBy(c => c.GetParameters().Length) ?? throw new UnreachableException($"the drill has no example of {type.Name}");
        return constructor.Invoke([.. constructor.GetParameters().Select((p, i) => Make(p.ParameterType, v / (1 + i % 3) + i, p.Name ?? "", known))]);
    }

    private static object? Identifier(Type type, int v, Knowledge known) =>
        type == typeof(AccountId) ? known.Accounts[v % known.Accounts.Count]
        : type == typeof(PatientId) ? known.Patients[v % known.Patients.Count]
        : type == typeof(UnitId) ? known.Units[v % known.Units.Count]
        : type == typeof(SessionId) && known.Sessions.Count > 0 ? known.Sessions[v % known.Sessions.Count]
        : type == typeof(StationId) ? known.Stations[v % known.Stations.Count]
        : type == typeof(ApprovalId) ? known.Approvals.Count == 0 ? Id.New<ApprovalId>() : known.Approvals[v % known.Approvals.Count]
        : type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IId<>)) ? typeof(Id).GetMethod(nameof(Id.New))!.MakeGenericMethod(type).Invoke(null, null)
        : null;

    private static IList ListOf(Type of, int v, string name, Knowledge known)
    {
        var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(of))!;
        if (of == typeof(PatientId)) foreach (var patient in known.Patients.Take(60)) list.Add(patient);
        else list.Add(Make(of, v, name, known));
        return list;
    }

    private static string Text(string name, int v, Knowledge known) => name switch
    {
        "Text" => known.Queries[v % known.Queries.Count],
        "Purpose" => "care",
        "State" => "present",
        "Statement" => "Approuver.",
        "Reason" => "Vérification de routine demandée par la direction.",
        "Invitation" or "Code" => Guess(v),
        "Name" => $"Complice {v}",
        "Scopes" => MachineKeys.Scopes[v % MachineKeys.Scopes.Count].Scope,
        "Site" => "Site unique",
        "Rpps" => v % 2 == 0 ? "" : Rpps.WithKey($"{9970000000 + v}"),
        "Ipp" => $"{v + 1:D9}",
        _ => $"essai {v}",
    };

    /// <summary>Secrets that people guess.</summary>
    public static string Guess(int v) => v switch { 0 => "00000000000000000000", 1 => "admin", 2 => "password", 3 => "Azerty123!", 4 => "", _ => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(10)) };
}
