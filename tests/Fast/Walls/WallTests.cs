using System.Reflection;
using Xunit;

namespace Serment.Fast.Tests.Walls;

/// <summary>Who may reference whom. Every wall is seen to stand, and seen to fall on the breach planted for it.</summary>
public sealed class WallTests
{
    private const string Planted = "Serment.Fast.Tests.Walls.Planted";
    private static readonly Assembly Kernel = typeof(PatientId).Assembly, Wire = typeof(CustodianClient).Assembly, Records = typeof(Serment.Records.RecordsDatabase).Assembly,
        Custodian = typeof(Serment.Custodian.Journal.JournalLog).Assembly, Exchange = Assembly.Load("Serment.Exchange"), Server = typeof(Serment.Server.Commands.JournalCommands).Assembly, Own = typeof(WallTests).Assembly;

    private static readonly string[] Web = ["System.Net.Http", "Microsoft.AspNetCore", "Grpc"];
    private static readonly string[] Files = ["System.IO.File", "System.IO.FileStream", "System.IO.Directory", "System.IO.FileInfo", "System.IO.DirectoryInfo"];
    private static readonly string[] Storage = ["Microsoft.EntityFrameworkCore", "Microsoft.Data.Sqlite", "Npgsql"];

    private static readonly Wall.MayReference[] Table =
    [
        new("Serment.Kernel", [], []),
        new("Serment.Custodian.Wire", ["Serment.Kernel"], ["Grpc."]),
        new("Serment.Custodian", ["Serment.Kernel", "Serment.Custodian.Wire"], ["Microsoft.Data.Sqlite", "NSec.", "Pkcs11Interop", "QRCoder", "System.Security.Cryptography.Pkcs"]),
        new("Serment.Records", ["Serment.Kernel"], ["Microsoft.EntityFrameworkCore", "Npgsql", "libphonenumber-csharp"]),
        new("Serment.Exchange", ["Serment.Kernel", "Serment.Records"], ["Hl7.Fhir", "Fhir.Metrics"]),
        new("Serment.Server", ["Serment.Kernel", "Serment.Custodian.Wire", "Serment.Records", "Serment.Exchange"], ["MailKit", "MudBlazor", "NSec.", "QRCoder", "System.Security.Cryptography.Pkcs", "OpenTelemetry", "Quartz"]),
    ];

    [Fact]
    public void Projects_reference_what_the_table_says()
    {
        var projects = Directory.EnumerateFiles(Path.Combine(Wall.Root, "src"), "*.csproj", SearchOption.AllDirectories).Select(file => (Path.GetFileNameWithoutExtension(file), File.ReadAllText(file))).ToArray();
        Assert.Equal(Table.Length, projects.Length);
        Stands(Wall.References(projects, Table));
    }

    [Theory]
    [InlineData("Serment.Server", "<ProjectReference Include=\"../Custodian/Serment.Custodian.csproj\" />", "Serment.Server references Serment.Custodian")]
    [InlineData("Serment.Records", "<ProjectReference Include=\"..\\Custodian.Wire\\Serment.Custodian.Wire.csproj\" />", "Serment.Records references Serment.Custodian.Wire")]
    [InlineData("Serment.Kernel", "<PackageReference Include=\"NSec.Cryptography\" />", "Serment.Kernel uses package NSec.Cryptography")]
    [InlineData("Serment.Common", "", "Serment.Common is in no row of the table")]
    public void A_planted_reference_is_found(string project, string item, string breach) =>
        Assert.Equal([breach], Wall.References([(project, $"<Project><ItemGroup>{item}</ItemGroup></Project>")], Table));

    [Fact]
    public void Kernel_knows_no_file_no_network_and_nobody()
    {
        Stands(Wall.Names(Kernel, "Serment.Kernel", [.. Web, .. Files, .. Storage, "System.Net.Sockets", "Serment.Custodian", "Serment.Records", "Serment.Server", "Serment.Exchange"]));
        var found = Wall.Names(Own, $"{Planted}.Kernel", [.. Files, .. Storage, "Serment.Custodian"]).ToArray();
        Assert.Contains(found, breach => breach.Contains("Reader", StringComparison.Ordinal) && breach.EndsWith("System.IO.File", StringComparison.Ordinal));
        Assert.Contains(found, breach => breach.Contains("Asker", StringComparison.Ordinal) && breach.EndsWith("Serment.Custodian.Wire.ReleaseVerbs", StringComparison.Ordinal));
        Assert.DoesNotContain(found, breach => breach.Contains("Calculator", StringComparison.Ordinal));
    }

    [Fact]
    public void Records_knows_no_wire_no_network_and_no_file()
    {
        Stands(Wall.Names(Records, "Serment.Records", [.. Web, .. Files, "System.Net.Sockets", "Serment.Custodian", "Serment.Server"]));
        var found = Wall.Names(Own, $"{Planted}.Records", [.. Web, .. Files, "Serment.Custodian"]).ToArray();
        Assert.Contains(found, breach => breach.Contains("Writer", StringComparison.Ordinal) && breach.EndsWith("System.IO.File", StringComparison.Ordinal));
        Assert.Contains(found, breach => breach.Contains("Caller", StringComparison.Ordinal) && breach.EndsWith("System.Net.Http.HttpClient", StringComparison.Ordinal));
        Assert.Contains(found, breach => breach.Contains("Knower", StringComparison.Ordinal) && breach.EndsWith("Serment.Custodian.Wire.ReleaseVerbs", StringComparison.Ordinal));
        Assert.DoesNotContain(found, breach => breach.Contains("NotesDoor", StringComparison.Ordinal));
    }

    [Fact]
    public void Rooms_meet_only_through_their_doors()
    {
        Stands(Wall.Rooms(Records, "Serment.Records"));
        var found = Wall.Rooms(Own, $"{Planted}.Records").ToArray();
        Assert.Contains(found, breach => breach.Contains("Notes.PastTheDoor reaches", StringComparison.Ordinal));
        Assert.Contains(found, breach => breach.Contains("Notes.PastTheDoorLater", StringComparison.Ordinal));
        Assert.Contains("Notes has 2 doors: NotesDoor, SideDoor", found);
        Assert.DoesNotContain(found, breach => breach.Contains("Notes.NotesDoor reaches", StringComparison.Ordinal));
    }

    [Fact]
    public void The_custodian_knows_no_record_and_the_exchange_no_storage()
    {
        Stands(Wall.Names(Custodian, "Serment.Custodian", ["Serment.Records", "Serment.Server", "Serment.Exchange", "Microsoft.EntityFrameworkCore", "Npgsql"]));
        // The network is met where requests come in and where alarms go out, and nowhere else.
        Stands(Wall.Names(Custodian, "Serment.Custodian", ["System.Net.Http", "System.Net.Mail", "System.Net.Sockets"]).Where(breach => !breach.StartsWith("Serment.Custodian.Watch.", StringComparison.Ordinal) && !breach.StartsWith("Serment.Custodian.Requests.CustodyEndpoint", StringComparison.Ordinal)));
        Stands(Wall.Names(Exchange, "Serment.Exchange", [.. Web, .. Files, .. Storage, "Serment.Custodian", "Serment.Server"]));
        Assert.NotEmpty(Wall.Names(Own, Planted, Files));
    }

    [Fact]
    public void The_server_declares_no_business_noun()
    {
        var nouns = Wall.NounsOf(Kernel, Wire, Records, Exchange).ToArray();
        Assert.Contains("Note", nouns);
        Stands(Wall.Nouns(Server, "Serment.Server", nouns));
        Assert.Equal([$"{Planted}.Naming.Stay declares the noun Stay"], Wall.Nouns(Own, $"{Planted}.Naming", [.. nouns, "Stay"]));
    }

    [Fact]
    public void Every_namespace_is_its_folder()
    {
        var source = Path.Combine(Wall.Root, "src");
        var files = Sources(source).Select(file => (Path.GetRelativePath(source, file), File.ReadAllText(file))).ToArray();
        Assert.True(files.Length > 50);
        Stands(Wall.Namespaces(files));
        Assert.Single(Wall.Namespaces([("Records/Stays/Bed.cs", "using System;\n\nnamespace Serment.Records.Beds;\n"), ("Records/Stays/Stay.cs", "namespace Serment.Records.Stays;\n")]));
    }

    [Fact]
    public void No_folder_and_no_type_has_a_name_that_says_nothing()
    {
        var source = Path.Combine(Wall.Root, "src");
        var folders = Sources(source).Select(file => Path.GetRelativePath(source, Path.GetDirectoryName(file)!)).Distinct().ToArray();
        Stands(Wall.EmptyNames([Kernel, Wire, Records, Custodian, Exchange, Server], "Serment", folders));
        Assert.Equal(["folder Records/Utils: Utils says nothing", $"type {Planted}.Naming.SessionManager: Manager says nothing", $"type {Planted}.Naming.DateHelpers: Helpers says nothing"],
            Wall.EmptyNames([Own], $"{Planted}.Naming", ["Records/Stays", "Records/Utils"]));
    }

    private static void Stands(IEnumerable<string> breaches) => Assert.Equal("", string.Join('\n', breaches));

    private static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        .Where(file => !Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"));
}
