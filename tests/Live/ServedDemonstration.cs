namespace Serment.Live.Tests;

/// <summary>A demonstration whose Server reaches its Custodian over a cable that a test cuts, and whose Custodian the test asks directly.</summary>
public sealed class ServedDemonstration : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("serment-served-").FullName;

    public ServedDemonstration()
    {
        Custodian = new CustodianProcess(port: Hospital.Port);
        Cable = new Cable(Path.Combine(_directory, "cable.sock"), Custodian.Socket);
    }

    public Hospital Hospital { get; } = new();
    public CustodianProcess Custodian { get; }
    public Cable Cable { get; }

    public Task ServeAsync() => Hospital.ServeAsync(Cable.Path);

    public async ValueTask DisposeAsync()
    {
        await Hospital.DisposeAsync();
        Custodian.Dispose();
        Cable.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
