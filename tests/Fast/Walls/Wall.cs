using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using Assembly = System.Reflection.Assembly;
using Type = System.Type;

namespace Serment.Fast.Tests.Walls;

/// <summary>
/// The walls of DESIGN §3 as functions that list breaches. Each is run over the real code, where it must find none,
/// and over the planted code beside it, where it must find every breach that is planted.
/// </summary>
internal static partial class Wall
{
    private static readonly string[] Forbidden = ["Common", "Utils", "Util", "Helpers", "Helper", "Shared", "Core", "Manager", "Processor"];

    public static string Root { get; } = FindRoot();

    /// <summary>What one project may reference: projects by name, packages by beginning.</summary>
    public sealed record MayReference(string Project, string[] Projects, string[] Packages);

    /// <summary>Project files against the table of who may reference whom.</summary>
    public static IEnumerable<string> References(IEnumerable<(string Name, string Xml)> projects, IReadOnlyCollection<MayReference> table)
    {
        foreach (var (name, xml) in projects)
        {
            if (table.FirstOrDefault(row => row.Project == name) is not { } may) { yield return $"{name} is in no row of the table"; continue; }
            var items = XDocument.Parse(xml).Descendants().ToArray();
            foreach (var project in items.Where(item => item.Name.LocalName == "ProjectReference").Select(item => Path.GetFileNameWithoutExtension(item.Attribute("Include")!.Value.Replace('\\', '/'))))
                if (!may.Projects.Contains(project)) yield return $"{name} references {project}";
            foreach (var package in items.Where(item => item.Name.LocalName == "PackageReference").Select(item => item.Attribute("Include")!.Value))
                if (!may.Packages.Any(allowed => package.StartsWith(allowed, StringComparison.Ordinal))) yield return $"{name} uses package {package}";
        }
    }

    /// <summary>Types below a namespace that name a type of one of those namespaces or names.</summary>
    public static IEnumerable<string> Names(Assembly assembly, string below, params string[] never) =>
        from pair in Pairs(assembly, below)
        where never.Any(n => pair.Target == n || pair.Target.StartsWith(n + ".", StringComparison.Ordinal))
        select $"{pair.Origin} names {pair.Target}";

    /// <summary>A room names of another room its one door and what the door's public members show, nothing else.</summary>
    public static IEnumerable<string> Rooms(Assembly assembly, string below)
    {
        var rooms = assembly.GetTypes().Where(type => RoomOf(type.FullName!, below) is not null && !IsCompilerMade(type)).GroupBy(type => RoomOf(type.FullName!, below)!).ToDictionary(room => room.Key, room => room.ToArray());
        var shown = new Dictionary<string, HashSet<string>>();
        foreach (var (room, types) in rooms)
        {
            var doors = types.Where(type => type.IsPublic && type.Name.EndsWith("Door", StringComparison.Ordinal)).ToArray();
            if (doors.Length > 1) yield return $"{room} has {doors.Length} doors: {string.Join(", ", doors.Select(door => door.Name))}";
            shown[room] = [.. doors.SelectMany(Shown).Concat(doors).Select(type => type.FullName!)];
        }
        foreach (var (origin, target) in Pairs(assembly, below))
            if (RoomOf(origin, below) is { } own && RoomOf(target, below) is { } other && own != other && !shown[other].Contains(target.Split('+', '/')[0]))
                yield return $"{origin} reaches past the door of {other} to {target}";
    }

    /// <summary>Namespace equals folder, for every source file.</summary>
    public static IEnumerable<string> Namespaces(IEnumerable<(string Path, string Text)> files)
    {
        foreach (var (path, text) in files)
        {
            if (NamespaceLine().Match(text) is not { Success: true } found) continue;
            var expected = "Serment." + Path.GetDirectoryName(path)!.Replace('\\', '/').Replace('/', '.');
            if (found.Groups[1].Value != expected) yield return $"{path} is in namespace {found.Groups[1].Value}, its folder says {expected}";
        }
    }

    /// <summary>No folder and no type bears a name that says nothing.</summary>
    public static IEnumerable<string> EmptyNames(IEnumerable<Assembly> assemblies, string below, IEnumerable<string> folders)
    {
        foreach (var folder in folders)
            if (folder.Split('/', '\\').FirstOrDefault(part => part.Split('.').Any(word => Forbidden.Contains(word, StringComparer.OrdinalIgnoreCase))) is { } part) yield return $"folder {folder}: {part} says nothing";
        foreach (var type in assemblies.SelectMany(assembly => assembly.GetTypes()).Where(type => Below(type.FullName!, below) && !IsCompilerMade(type) && !type.FullName!.Contains(".Grpc.", StringComparison.Ordinal)))
            if (Forbidden.FirstOrDefault(word => type.Name.Split('`')[0].EndsWith(word, StringComparison.Ordinal)) is { } word) yield return $"type {type.FullName}: {word} says nothing";
    }

    /// <summary>No type below bears the name of a business noun, which another project declares. Screens may show a noun, not be one.</summary>
    public static IEnumerable<string> Nouns(Assembly assembly, string below, IEnumerable<string> nouns)
    {
        var known = nouns.ToHashSet();
        return from type in assembly.GetTypes()
               where Below(type.FullName!, below) && !IsCompilerMade(type) && !type.IsNested && known.Contains(type.Name)
               select $"{type.FullName} declares the noun {type.Name}";
    }

    public static IEnumerable<string> NounsOf(params Assembly[] assemblies) =>
        assemblies.SelectMany(assembly => assembly.GetTypes()).Where(type => type.IsPublic && !IsCompilerMade(type) && type.Namespace?.StartsWith("Serment.", StringComparison.Ordinal) == true && !type.Namespace.EndsWith(".Grpc", StringComparison.Ordinal)).Select(type => type.Name);

    /// <summary>Every pair of types of which the first names the second, bodies, lambdas and async methods included; deduplicated.</summary>
    private static IEnumerable<(string Origin, string Target)> Pairs(Assembly assembly, string below) =>
        Load(assembly).Types.Where(type => Below(type.FullName, below))
            .SelectMany(type => type.Dependencies.Select(dependency => (Origin: type.FullName, Target: dependency.Target.FullName)))
            .Distinct().ToArray();

    private static readonly Dictionary<Assembly, Architecture> Loaded = [];

    private static Architecture Load(Assembly assembly)
    {
        lock (Loaded) return Loaded.TryGetValue(assembly, out var known) ? known : Loaded[assembly] = new ArchLoader().LoadAssemblies(assembly).Build();
    }

    private static IEnumerable<Type> Shown(Type door) => door.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        .SelectMany(member => member switch
        {
            MethodBase method => method.GetParameters().Select(parameter => parameter.ParameterType).Append((method as MethodInfo)?.ReturnType ?? typeof(void)),
            PropertyInfo property => [property.PropertyType],
            FieldInfo field => [field.FieldType],
            _ => [],
        }).SelectMany(Parts).SelectMany(type => type.Namespace == door.Namespace ? type.GetProperties().SelectMany(property => Parts(property.PropertyType)).Append(type) : [type]);

    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!) : type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition()) : [type];

    private static string? RoomOf(string name, string below) =>
        Below(name, below) && name[(below.Length + 1)..].Split('.') is { Length: > 1 } parts ? parts[0] : null;

    private static bool Below(string name, string below) => name.StartsWith(below + ".", StringComparison.Ordinal);

    private static bool IsCompilerMade(Type type) => type.Name.Contains('<', StringComparison.Ordinal) || type.IsDefined(typeof(CompilerGeneratedAttribute), false) || type.FullName!.Contains('<', StringComparison.Ordinal);

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Serment.slnx"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("no Serment.slnx above the tests");
        return folder;
    }

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();
}
