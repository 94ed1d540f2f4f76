using Serment.Server.Commands;

return args switch
{
    ["serve", .. var rest] => await Serve.RunAsync(rest, ownCustodian: false),
    ["run", .. var rest] => await Serve.RunAsync(rest, ownCustodian: true),
    [] or ["--help"] or ["-h"] => CommandLine.Usage(0),
    _ => CommandLine.Usage(2),
};
