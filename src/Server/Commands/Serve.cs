using System.Globalization;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Console;
using MudBlazor.Services;
using Serment.Records;
using Serment.Records.Entries;
using Serment.Records.Stays;
using Serment.Server.Demonstration;
using Serment.Server.Files;
using Serment.Server.Packs;
using Serment.Server.References;
using Serment.Server.Signing;
using Serment.Server.Statements;
using Serment.Server.Ui;

namespace Serment.Server.Commands;

/// <summary>The Server process: screens and interfaces, over a Custodian that it reaches and never contains.</summary>
internal static class Serve
{
    public static async Task<int> RunAsync(string[] args, bool ownCustodian)
    {
        if (args.Contains("--help")) return CommandLine.Usage(0);
        try
        {
            var line = new CommandLine(args, ["--empty", "--rehearsal"], ["--data", "--port"]);
            return await RunAsync(line.Data, line.Port, ownCustodian, line.Has("--rehearsal") ? "--rehearsal" : line.Has("--empty") ? null : "--demonstration").ConfigureAwait(false);
        }
        catch (IOException fault) when (fault.InnerException is AddressInUseException)
        {
            await Console.Error.WriteLineAsync("Ce port est déjà pris : un autre Serment tourne peut-être. Choisissez-en un autre avec --port.").ConfigureAwait(false);
            return 1;
        }
    }

    private static async Task<int> RunAsync(string data, int port, bool ownCustodian, string? mark)
    {
        OwnerOnly.Directory(data);
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.DefaultThreadCurrentUICulture = ClinicalTime.French;
        using var logs = LoggerFactory.Create(l => l.AddSimpleConsole(Lines).SetMinimumLevel(LogLevel.Warning));
        await using var custodian = new OwnCustodian(data, port, mark, logs.CreateLogger("Serment.Custodian"));
        if (ownCustodian) await custodian.StartAsync().ConfigureAwait(false);
        foreach (var code in custodian.FoundingCodes) Console.WriteLine(EstablishmentCommand.Handed(code));
        using var client = new CustodianClient(AddressesOfCustodian(data));
        var records = new RecordsDatabase(data, Environment.GetEnvironmentVariable("SERMENT_DATABASE"));
        await new CustodianInCharge(client, records, logs.CreateLogger<CustodianInCharge>()).FindAsync().ConfigureAwait(false);
        var cell = await client.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll).ConfigureAwait(false);
        await records.PrepareAsync(cell.Cell).ConfigureAwait(false);
        do await OlderCustodian.SettleAsync(client, cell, records, port, logs.CreateLogger("Serment.Custodian")).ConfigureAwait(false);
        while (await ServeAsync(data, port, mark, client, cell, records).ConfigureAwait(false));
        return 0;
    }

    /// <returns>True when it stopped because the Custodian was replaced by an older copy of itself.</returns>
    private static async Task<bool> ServeAsync(string data, int port, string? mark, CustodianClient client, CellStatus cell, RecordsDatabase records)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, ApplicationName = "Serment.Server", EnvironmentName = Environments.Production });
        builder.WebHost.UseStaticWebAssets();
        builder.WebHost.ConfigureKestrel(kestrel => { kestrel.ListenLocalhost(port); kestrel.AddServerHeader = false; });
        builder.Logging.ClearProviders().AddSimpleConsole(Lines).SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.Services.Configure<HostOptions>(o => (o.ShutdownTimeout, o.BackgroundServiceExceptionBehavior) = (TimeSpan.FromSeconds(3), BackgroundServiceExceptionBehavior.Ignore));

        builder.Services.AddSingleton(client).AddSingleton(records).AddSingleton(cell)
            .AddSingleton(new EntriesDoor(records, cell.Cell)).AddSingleton(new StaysDoor(records))
            .AddHostedService<CustodianInCharge>().AddSingleton<CellClock>().AddSingleton<CustodianWatch>().AddHostedService(s => s.GetRequiredService<CustodianWatch>())
            .AddHostedService<StayReconciliation>().AddSingleton<JournalMemory>().AddHostedService(s => s.GetRequiredService<JournalMemory>())
            .AddSingleton(OwnPace.Configured(Environment.GetEnvironmentVariable("SERMENT_FILES_AN_HOUR"))).AddScoped<BrowserSession>().AddScoped<PatientFiles>().AddScoped<Units>().AddScoped<WardAllergies>().AddScoped<Texts>().AddScoped<StayMoves>()
            .AddSingleton(new PlaceNames(data)).AddSingleton(new DiagnosisCodes(data));
        builder.Services.AddCascadingValue(s => s.GetRequiredService<Texts>().Everywhere).AddScoped<CircuitHandler, LanguageOfCircuit>();
        builder.Services.AddSingleton(s => new PackFolder(data, client, cell, s.GetRequiredService<EntriesDoor>(), s.GetRequiredService<StaysDoor>())).AddHostedService<PackKeeper>();
        builder.Services.AddFiles(data).AddSingleton<DemonstrationProgress>();
        if (cell.Demonstration && mark == "--demonstration") builder.Services.AddHostedService(s => new DemonstrationFilling(data, cell, client, s.GetRequiredService<EntriesDoor>(), s.GetRequiredService<StaysDoor>(), records, s.GetRequiredService<DemonstrationProgress>()));
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.Services.AddMudServices(o => o.SnackbarConfiguration.PositionClass = MudBlazor.Defaults.Classes.Position.BottomRight);
        builder.Services.AddRazorComponents().AddInteractiveServerComponents(o => { o.DetailedErrors = false; o.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(10); })
            // A field's text comes twice in one message, and one that is too large ends the connection: the longest note, with room to be told that it is too long.
            .AddHubOptions(o => o.MaximumReceiveMessageSize = 2 << 20);

        var app = builder.Build();
        var origins = Environment.GetEnvironmentVariable("SERMENT_ORIGINS");
        app.Use(new SecurityHeaders(origins).SendAsync);
        app.Use(new OwnAddress(port, origins).CheckAsync);
        app.UseAntiforgery();
        app.MapStaticAssets();
        app.MapGet("/health/live", () => Results.Ok());
        app.MapGet("/health/ready", async () => await ReadyAsync(client).ConfigureAwait(false) ? Results.Ok() : Results.StatusCode(503));
        app.MapFiles();
        app.MapPacks();
        app.MapStatements();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
        app.Lifetime.ApplicationStarted.Register(() => Welcome(cell, port));
        var memory = app.Services.GetRequiredService<JournalMemory>();
        await app.RunAsync().ConfigureAwait(false);
        return memory.Regressed;
    }

    /// <summary>The Custodian, and its second where SERMENT_STANDBY names one.</summary>
    internal static CustodianAddress[] AddressesOfCustodian(string data)
    {
        var own = Environment.GetEnvironmentVariable("SERMENT_SERVER_CERTIFICATE");
        var first = Environment.GetEnvironmentVariable("SERMENT_CUSTODIAN") is { } address ? CustodianAddress.Of(address, own, Environment.GetEnvironmentVariable("SERMENT_CUSTODIAN_CERTIFICATE")) : new CustodianAddress { Socket = OwnCustodian.Socket(data) };
        return Environment.GetEnvironmentVariable("SERMENT_STANDBY") is { } second ? [first, CustodianAddress.Of(second, own, Environment.GetEnvironmentVariable("SERMENT_STANDBY_CERTIFICATE"))] : [first];
    }

    private static async Task<bool> ReadyAsync(CustodianClient client)
    {
        try { return (await client.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll).ConfigureAwait(false)).Unlocked; }
        catch (RefusedException) { return false; }
    }

    /// <summary>One line an event, with its instant in UTC: two processes and the machine's own log are read side by side.</summary>
    private static void Lines(SimpleConsoleFormatterOptions line) => (line.SingleLine, line.UseUtcTimestamp, line.TimestampFormat) = (true, true, "yyyy-MM-ddTHH:mm:ss.fffZ ");

    private static void Welcome(CellStatus cell, int port)
    {
        Console.WriteLine($"\n  {cell.Name} — http://localhost:{port}");
        if (cell.Demonstration) Console.WriteLine("  Démonstration : choisissez une personne sur la page d'accueil, aucune clé n'est demandée.");
        else if (cell.Ahead is not null) Console.WriteLine("  Exercice : patients inventés, vraies clés, horloge simulée. Aucun vrai patient n'y entre.");
        else Console.WriteLine("  Entrez avec votre clé de sécurité. Première fois : « J'ai un code d'invitation ».");
        Console.WriteLine($"  Page du gardien (approbations, clés des responsables) : http://localhost:{port + 1}");
        Console.WriteLine("  Arrêt : Ctrl+C\n");
    }
}
