using Microsoft.AspNetCore.Server.Kestrel.Core;
using Serment.Custodian.Escrow;
using Serment.Custodian.Keys;
using Serment.Custodian.Page;
using Serment.Custodian.Requests;
using Serment.Custodian.Sessions;
using Serment.Custodian.Standby;

// custodian --data DIR [--port N] [--create NAME] [--demonstration | --rehearsal] [--follow ADDRESS] [--ends-with-input]
// custodian key escrow|drill|recover|rotate --data DIR: a ceremony at this machine, and nothing else.
if (args is ["key", .. var ceremony]) return await KeyCeremony.RunAsync(ceremony, Dialogue.OfConsole());
string Option(string name, string otherwise) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : otherwise;
var data = Path.GetFullPath(Option("--data", "data"));
var port = int.Parse(Option("--port", "5080"), System.Globalization.CultureInfo.InvariantCulture);
var own = Path.Combine(data, "custodian");

try
{
    if (!OperatingSystem.IsWindows())
        foreach (var folder in new[] { own, Path.Combine(own, "run"), Path.Combine(data, "mirror") })
        {
            // A folder that a restore or a copy made is taken back too.
            Directory.CreateDirectory(folder);
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

    // One Custodian per data directory: the lock dies with the process, whatever kills it.
    FileStream mine;
    try { mine = new FileStream(Path.Combine(own, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None); }
    catch (IOException) { throw new RefusedException("cell.running", $"Un gardien tourne déjà sur ce dossier ({own})."); }

    var file = Path.Combine(own, "cell.json");
    var founding = args.Contains("--create") && !args.Contains("--follow") && !File.Exists(file);
    if (founding) KeyFile.Create(file, Option("--create", "Établissement"), args.Contains("--demonstration"), own, args.Contains("--rehearsal"));
    if (!File.Exists(file)) throw new RefusedException("cell.none", $"Aucun établissement dans {own} : créez-le avec « establishment init ».");
    var cellFile = KeyFile.Read(file);
    var host = Environment.GetEnvironmentVariable("SERMENT_HOST") ?? "localhost";
    string[] origins = Environment.GetEnvironmentVariable("SERMENT_ORIGINS")?.Split(',') ?? [$"http://localhost:{port}"];
    var page = Environment.GetEnvironmentVariable("SERMENT_CUSTODIAN_ORIGIN") ?? $"http://localhost:{port + 1}";
    var place = new RelyingParty(host, origins, cellFile.Demonstration, page);
    var other = args.Contains("--follow") ? CustodianAddress.Of(Option("--follow", ""), Environment.GetEnvironmentVariable("SERMENT_CUSTODIAN_CERTIFICATE"), Environment.GetEnvironmentVariable("SERMENT_STANDBY_CERTIFICATE")) : null;
    await using var post = await Post.TakeAsync(cellFile, cellFile.Unlock(own), own, Path.Combine(data, "mirror"), place, other);
    if (founding) foreach (var code in post.Cell.Found(data)) Console.WriteLine($"invitation {code}");

    var socket = Path.Combine(own, "run", "custodian.sock");
    File.Delete(socket);
    var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
    builder.Logging.ClearProviders().AddSimpleConsole(o => (o.SingleLine, o.UseUtcTimestamp, o.TimestampFormat) = (true, true, "yyyy-MM-ddTHH:mm:ss.fffZ ")).SetMinimumLevel(LogLevel.Warning);
    builder.WebHost.ConfigureKestrel(kestrel =>
    {
        kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http2);
        MutualTls.Listen(kestrel);
        // Without --port nobody named the Server's screens: no page either.
        if (args.Contains("--port")) kestrel.ListenLocalhost(port + 1, listen => listen.Protocols = HttpProtocols.Http1);
    });
    builder.Services.AddGrpc(o => { o.MaxReceiveMessageSize = 16 << 20; o.MaxSendMessageSize = 64 << 20; });
    builder.Services.AddSingleton(post);
    var app = builder.Build();
    post.Sweeping(app.Services.GetRequiredService<ILogger<Cell>>());
    OwnPage.Map(app, post, place, port + 1);
    app.MapGrpcService<CustodyEndpoint>();
    app.MapGrpcService<StandbyEndpoint>();
    app.Lifetime.ApplicationStopping.Register(post.Stopping);
    app.Lifetime.ApplicationStarted.Register(() =>
    {
        Console.WriteLine("custodian ready");
        // docs/decisions/0037: said at every start that serves people, not refused; a command's own Custodian (without --port) says only what it was asked.
        if (args.Contains("--port") && cellFile is { Demonstration: false, Rehearsal: false } && Disk.IsOne(own, Path.Combine(data, "mirror"))) Startup.MirrorOnOneDisk(app.Logger, Path.Combine(data, "mirror"));
    });
    string? broken = null;
    post.Ending = why => { broken = why; app.Lifetime.StopApplication(); };
    if (args.Contains("--ends-with-input")) _ = Task.Run(() => { while (Console.In.Read() >= 0) { } app.Lifetime.StopApplication(); });
    try { await app.RunAsync(); }
    catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException) { throw new RefusedException("cell.port", $"Le port {port + 1} est pris : la page du gardien ne peut pas s'ouvrir. Libérez-le, ou choisissez --port."); }
    await mine.DisposeAsync();
    return broken is null ? 0 : throw new RefusedException("standby.open", broken);
}
catch (RefusedException no)
{
    await Console.Error.WriteLineAsync(no.Refusal.Message);
    return 1;
}
catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or Microsoft.Data.Sqlite.SqliteException)
{
    await Console.Error.WriteLineAsync($"Le gardien ne peut pas lire ou écrire dans {data} (disque plein ou absent, droits ?). Rien n'a été libéré.");
    return 1;
}
catch (Exception fault)
{
    await Console.Error.WriteLineAsync(UnforeseenFault.Words(fault));
    return 1;
}

internal static partial class Startup
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The mirror of the Custodian's state ({Mirror}) is on the same disk as the state: one broken disk takes both. Mount another one there.")]
    public static partial void MirrorOnOneDisk(ILogger log, string mirror);
}
