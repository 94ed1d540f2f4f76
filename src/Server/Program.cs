using Serment.Server.Commands;
using Serment.Server.Drill;
using Serment.Server.Exports;
using Serment.Server.Packs;

return await CommandLine.AnswerAsync(async () => args switch
{
    ["serve", .. var rest] => await Serve.RunAsync(rest, ownCustodian: false),
    ["run", .. var rest] => await Serve.RunAsync(rest, ownCustodian: true),
    ["policy", .. var rest] => await PolicyCommands.RunAsync(rest),
    ["doctor", .. var rest] => await Doctor.RunAsync(rest),
    ["establishment", .. var rest] => await EstablishmentCommand.RunAsync(rest),
    ["account", .. var rest] => await AccountCommands.RunAsync(rest),
    ["reference", .. var rest] => await ReferenceCommand.RunAsync(rest),
    ["client", .. var rest] => await ClientCommands.RunAsync(rest),
    ["journal", .. var rest] => await JournalCommands.RunAsync(rest),
    ["key", .. var rest] => await KeyCommands.RunAsync(rest),
    ["standby", .. var rest] => await StandbyCommands.RunAsync(rest),
    ["backup", .. var rest] => await Backup.SaveAsync(rest),
    ["restore", .. var rest] => await Backup.RestoreAsync(rest),
    ["export", .. var rest] => await ExportCommands.RunAsync(rest),
    ["pack", .. var rest] => await PackCommands.RunAsync(rest),
    ["import", .. var rest] => await ImportFhir.RunAsync(rest),
    ["incident", .. var rest] => await IncidentCommands.RunAsync(rest),
    ["drill", .. var rest] => await DrillCommand.RunAsync(rest),
    [] or ["--help"] or ["-h"] => CommandLine.Usage(0),
    _ => CommandLine.Usage(2),
});
