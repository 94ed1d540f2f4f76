using System.Net;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>What stands around the two processes: the names that they answer to, the files that they leave on the machine.</summary>
public sealed class DoorstepTests
{
    private const UnixFileMode File600 = UnixFileMode.UserRead | UnixFileMode.UserWrite, Folder700 = File600 | UnixFileMode.UserExecute;

    [Fact]
    public async Task A_foreign_name_or_page_is_refused_before_anything_answers()
    {
        await using var hospital = new Hospital();
        await hospital.StartAsync(environment: new() { ["SERMENT_ORIGINS"] = "https://serment.hopital.example" });
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, await AskAsync("/", null, null));
        Assert.Equal(HttpStatusCode.OK, await AskAsync("/", "serment.hopital.example", null));
        Assert.Equal(HttpStatusCode.MisdirectedRequest, await AskAsync("/", $"attaquant.example:{hospital.Port}", null));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(Hub, null, "https://serment.hopital.example"));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(Hub, null, "http://attaquant.example"));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(Hub, null, "null"));

        async Task<HttpStatusCode> AskAsync(string path, string? host, string? origin)
        {
            using var request = new HttpRequestMessage(path == Hub ? HttpMethod.Post : HttpMethod.Get, hospital.Address + path);
            request.Headers.Host = host;
            if (origin is not null) request.Headers.Add("Origin", origin);
            return (await http.SendAsync(request)).StatusCode;
        }
    }

    [Fact]
    public async Task Backups_restored_folders_and_the_custodians_own_are_for_their_owner_alone()
    {
        if (OperatingSystem.IsWindows()) { Assert.Skip("Unix modes"); return; }
        using var cell = new CustodianProcess();
        cell.Kill();
        var own = Path.Combine(cell.Directory, "custodian");
        File.SetUnixFileMode(own, Folder700 | UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        cell.Start();
        Assert.Equal(Folder700, File.GetUnixFileMode(own));

        var (backup, restored) = (Path.Combine(cell.Directory, "copie.tar"), Path.Combine(cell.Directory, "rendu"));
        Assert.Equal(0, (await SermentCommand.RunAsync("backup", "--to", backup, "--data", cell.Directory)).Code);
        Assert.Equal(File600, File.GetUnixFileMode(backup));
        Assert.Equal(0, (await SermentCommand.RunAsync("restore", "--from", backup, "--data", restored)).Code);
        Assert.Equal(Folder700, File.GetUnixFileMode(restored));
        Assert.Equal(File600, File.GetUnixFileMode(Path.Combine(cell.Directory, "demonstration-import.key")));
    }

    private const string Hub = "/_blazor/negotiate?negotiateVersion=1";
}
