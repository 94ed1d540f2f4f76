using System.Net;
using System.Text;

namespace Serment.Live.Tests;

/// <summary>In the place of the Server before a ward's device: serves what it is told to, keeps what is posted, answers what it likes.</summary>
public sealed class LyingServer : IDisposable
{
    private readonly HttpListener _listener = new();

    public LyingServer()
    {
        _listener.Prefixes.Add($"{Address}/");
        _listener.Start();
        _ = Task.Run(ServeAsync);
    }

    public string Address { get; } = $"http://localhost:{OfficerBrowser.FreePort()}";
    public byte[]? Pack { get; set; }
    public List<(string Path, string Body)> Posted { get; } = [];
    /// <summary>What it says to a post; by default an empty answer that means nothing. An <see cref="IOException"/>: the line is cut.</summary>
    public Func<string, string, Task<string>> Answer { get; set; } = (_, _) => Task.FromResult("{}");

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try { context = await _listener.GetContextAsync(); }
            catch (Exception over) when (over is HttpListenerException or ObjectDisposedException) { return; }
            var (path, body) = (context.Request.Url!.AbsolutePath, "");
            using (var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8)) body = await reader.ReadToEndAsync();
            byte[] answer;
            if (context.Request.HttpMethod == "POST")
            {
                lock (Posted) Posted.Add((path, body));
                context.Response.ContentType = "application/json";
                try { answer = Encoding.UTF8.GetBytes(await Answer(path, body)); }
                catch (Exception fault) when (fault is RefusedException or System.Text.Json.JsonException) { (answer, context.Response.StatusCode) = ([], 400); }
                catch (IOException)
                {
                    context.Response.ContentLength64 = 100;
                    await context.Response.OutputStream.WriteAsync("{"u8.ToArray());
                    await context.Response.OutputStream.FlushAsync();
                    context.Response.Abort();
                    continue;
                }
            }
            else if (Pack is { } pack) answer = pack;
            else (answer, context.Response.StatusCode) = ([], 404);
            await context.Response.OutputStream.WriteAsync(answer);
            context.Response.Close();
        }
    }

    public void Dispose() => _listener.Close();
}
