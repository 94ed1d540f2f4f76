using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Google.Protobuf;
using global::Grpc.Core;
using global::Grpc.Net.Client;
using Serment.Custodian.Wire.Grpc;

namespace Serment.Custodian.Wire;

/// <summary>Where the Custodian listens: a Unix socket, or another machine by mutual TLS.</summary>
public sealed record CustodianAddress
{
    public string? Socket { get; init; }
    public Uri? Url { get; init; }
    /// <summary>This side's certificate and key (PKCS#12) and the one certificate it accepts; needed with <see cref="Url"/>.</summary>
    public string? CertificateFile { get; init; }
    public string? PeerCertificateFile { get; init; }

    /// <param name="text">unix:/path, or https://host:port.</param>
    /// <exception cref="RefusedException">Neither.</exception>
    public static CustodianAddress Of(string text, string? certificate, string? peer)
    {
        if (text.StartsWith("unix:", StringComparison.Ordinal)) return new CustodianAddress { Socket = text[5..] };
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttps) throw new RefusedException("custodian.address", "Adresse d'un gardien : unix:/chemin/custodian.sock, ou https://machine:port.");
        return new CustodianAddress { Url = url, CertificateFile = certificate, PeerCertificateFile = peer };
    }
}

/// <summary>One HTTP/2 connection with one Custodian.</summary>
public sealed class CustodianChannel : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly CancellationTokenSource _left = new();

    public CustodianChannel(CustodianAddress address)
    {
        var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = false, InitialHttp2StreamWindowSize = 1 << 20 };
        Uri url;
        if (address.Socket is { } socket)
        {
            handler.ConnectCallback = async (_, cancel) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try { await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel).ConfigureAwait(false); }
                catch { connection.Dispose(); throw; }
                return new NetworkStream(connection, ownsSocket: true);
            };
            url = new Uri("http://custodian");
        }
        else
        {
            url = address.Url ?? throw new ArgumentException("neither socket nor URL of the Custodian", nameof(address));
            var own = X509CertificateLoader.LoadPkcs12FromFile(address.CertificateFile!, null);
            var peer = X509CertificateLoader.LoadCertificateFromFile(address.PeerCertificateFile!).GetCertHash(HashAlgorithmName.SHA256);
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [own],
                RemoteCertificateValidationCallback = (_, shown, _, _) =>
                    shown is not null && CryptographicOperations.FixedTimeEquals(shown.GetCertHash(HashAlgorithmName.SHA256), peer),
            };
        }
        _channel = GrpcChannel.ForAddress(url, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, MaxReceiveMessageSize = 64 << 20, MaxSendMessageSize = 16 << 20 });
        Custody = new Custody.CustodyClient(_channel);
        Standby = new Standby.StandbyClient(_channel);
    }

    public Custody.CustodyClient Custody { get; }

    public Standby.StandbyClient Standby { get; }

    /// <summary>What still waits here waits in vain: another Custodian leads.</summary>
    public CancellationToken Left => _left.Token;

    public void Leave() => _left.Cancel();

    public void Dispose()
    {
        _channel.Dispose();
        _left.Dispose();
    }
}

/// <summary>
/// The Server's side of the boundary. It relays what browsers and machine clients signed; it cannot sign for them.
/// One connection, shared by all callers, with the Custodian that leads; where there are two, <see cref="Use"/> says which.
/// </summary>
public sealed class CustodianClient : IDisposable
{
    private readonly CustodianAddress[] _addresses;
    private volatile CustodianChannel _line;

    /// <param name="addresses">The Custodian's; then its second's, where there is one.</param>
    public CustodianClient(params CustodianAddress[] addresses) => (_addresses, _line) = (addresses, new CustodianChannel(addresses[0]));

    public IReadOnlyList<CustodianAddress> Addresses => _addresses;

    /// <summary>Which of the addresses is asked.</summary>
    public int Current { get; private set; }

    /// <summary>From here on asks that one; what waits for the other is told that it is away.</summary>
    public void Use(int which)
    {
        if (which == Current) return;
        var before = _line;
        (Current, _line) = (which, new CustodianChannel(_addresses[which]));
        before.Leave();
    }

    /// <summary>Relays a signed request. Refusals come back as <see cref="RefusedException"/>; an absent Custodian as code <see cref="RefusalCodes.Away"/>.</summary>
    public async Task<TReply> AskAsync<TAsk, TReply>(Verb<TAsk, TReply> verb, ReadOnlyMemory<byte> message, ReadOnlyMemory<byte> signature, CancellationToken cancel = default)
    {
        var body = await RelayAsync(message, signature, cancel).ConfigureAwait(false);
        return JsonSerializer.Deserialize<TReply>(body.Span, WireJson.Options)!;
    }

    /// <summary>For the few verbs that precede a session: nothing is signed, the Custodian trusts none of it.</summary>
    public Task<TReply> AskUnsignedAsync<TAsk, TReply>(Verb<TAsk, TReply> verb, string cell, TAsk body, CancellationToken cancel = default) =>
        AskAsync(verb, RequestBytes.Of(verb, cell, null, null, 0, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds(), body), default, cancel);

    /// <summary>Relays without looking: the reply's JSON as it came.</summary>
    public async Task<ReadOnlyMemory<byte>> RelayAsync(ReadOnlyMemory<byte> message, ReadOnlyMemory<byte> signature, CancellationToken cancel = default)
    {
        Reply reply;
        var line = _line;
        try
        {
            var envelope = new Envelope { Message = UnsafeByteOperations.UnsafeWrap(message), Signature = UnsafeByteOperations.UnsafeWrap(signature) };
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, line.Left);
            reply = await line.Custody.AskAsync(envelope, deadline: DateTime.UtcNow.AddSeconds(30), cancellationToken: either.Token).ConfigureAwait(false);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Cancelled && cancel.IsCancellationRequested) { throw new OperationCanceledException(cancel); }
        catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Internal || line.Left.IsCancellationRequested)
        {
            throw new RefusedException(RefusalCodes.Away, "Le gardien des clés redémarre ou n'est pas joignable. Rien n'est perdu ; l'écran reprend dès son retour.");
        }
        if (reply.Refusal is { } no) throw new RefusedException(no.Code, no.Message);
        return reply.Body.Memory;
    }

    /// <summary>Freezes, locks and revocations as they happen; ends when the Custodian goes away.</summary>
    public async IAsyncEnumerable<Notice> WatchAsync(string cell, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel = default)
    {
        var line = _line;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, line.Left);
        using var call = line.Custody.Watch(new WatchRequest { Cell = cell }, cancellationToken: either.Token);
        while (true)
        {
            bool more;
            try { more = await call.ResponseStream.MoveNext(either.Token).ConfigureAwait(false); }
            catch (RpcException) { yield break; }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested) { yield break; }
            if (!more) yield break;
            yield return call.ResponseStream.Current;
        }
    }

    public void Dispose() => _line.Dispose();
}

/// <summary>Builds the bytes to sign.</summary>
public static class RequestBytes
{
    public static byte[] Of<TAsk, TReply>(Verb<TAsk, TReply> verb, string cell, SessionId? session, ClientId? client, long counter, long expires, TAsk body) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new SignedRequest
            {
                Version = SignedRequest.CurrentVersion,
                Cell = cell,
                Session = session,
                Client = client,
                Counter = counter,
                Expires = expires,
                Verb = verb.Name,
                Body = JsonSerializer.SerializeToElement(body, WireJson.Options),
            },
            WireJson.Options);
}

/// <summary>Someone who holds a signing key on this side: a machine client, a test's browser.</summary>
public sealed class Signer(CustodianClient custodian, string cell, ECDsa key, SessionId? session, ClientId? client, Func<DateTimeOffset> now, long firstCounter = 1)
{
    private long _counter = firstCounter - 1;

    public async Task<TReply> AskAsync<TAsk, TReply>(Verb<TAsk, TReply> verb, TAsk body, CancellationToken cancel = default)
    {
        for (var attempt = 1; ; attempt++)
            try { return await AskOnceAsync(verb, body, cancel).ConfigureAwait(false); }
            catch (RefusedException no) when (client is not null && no.Refusal.Code == RefusalCodes.Replayed && attempt < 8) { }
    }

    private Task<TReply> AskOnceAsync<TAsk, TReply>(Verb<TAsk, TReply> verb, TAsk body, CancellationToken cancel)
    {
        var message = RequestBytes.Of(verb, cell, session, client, Next(), now().AddSeconds(30).ToUnixTimeMilliseconds(), body);
        var signature = key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return custodian.AskAsync(verb, message, signature, cancel);
    }

    /// <summary>
    /// One machine client may run in two processes (an import beside a feed). Its counters follow the clock, so that neither
    /// leaves the other behind the window; where they meet, the second asks again under another number.
    /// </summary>
    private long Next()
    {
        if (client is null) return Interlocked.Increment(ref _counter);
        while (true)
        {
            var (last, clock) = (Interlocked.Read(ref _counter), now().ToUnixTimeMilliseconds());
            var next = Math.Max(last, clock) + 1 + RandomNumberGenerator.GetInt32(8);
            if (Interlocked.CompareExchange(ref _counter, next, last) == last) return next;
        }
    }
}
