using Grpc.Core;
using Serment.Custodian.Keys;
using Serment.Custodian.Requests;
using Serment.Custodian.Sessions;
using Serment.Custodian.Wire.Grpc;

namespace Serment.Custodian.Standby;

/// <summary>What this process is now: a leader with its cell, or a follower that may become one.</summary>
internal sealed class Post : IAsyncDisposable
{
    private readonly KeyFile _file;
    private readonly KeyTree _keys;
    private readonly string _own, _mirror;
    private readonly RelyingParty _place;
    private readonly SemaphoreSlim _changing = new(1);
    private Follower? _follower;
    private volatile Leading? _leading;
    private ILogger? _log;

    /// <summary>Told why this process must end.</summary>
    public Action<string>? Ending { get; set; }

    private sealed record Leading(Leader Leader, Cell Cell);

    private Post(KeyFile file, KeyTree keys, string own, string mirror, RelyingParty place) => (_file, _keys, _own, _mirror, _place) = (file, keys, own, mirror, place);

    /// <param name="follow">The other Custodian; null: leads whatever.</param>
    public static async Task<Post> TakeAsync(KeyFile file, KeyTree keys, string own, string mirror, RelyingParty place, CustodianAddress? follow)
    {
        var post = new Post(file, keys, own, mirror, place);
        var mark = Mark.Read(own, follows: follow is not null);
        if (follow is null && !mark.Leads) throw new RefusedException("standby.follows", "Ce dossier est celui d'un second gardien : démarrez-le avec --follow, ou faites-le mener (« serment standby lead »).");
        if (follow is not null && (!mark.Leads || await LeadsLaterAsync(follow, mark).ConfigureAwait(false)))
            post._follower = new Follower(mark, file, keys, own, mirror, follow) { Say = line => Console.WriteLine($"standby {line}") };
        else post.Lead(mark);
        return post;
    }

    /// <summary>Whoever leads, now or later, sweeps what is over; the operator hears of what fails.</summary>
    public void Sweeping(ILogger log)
    {
        _log = log;
        _leading?.Cell.Sweeping(log);
    }

    /// <summary>The cell of a leader.</summary>
    /// <exception cref="RefusedException">Follows: whoever asks looks for the other.</exception>
    public Cell Cell => _leading?.Cell ?? throw new RefusedException(RefusalCodes.Away, "Ce gardien est le second : il suit et ne répond pas. L'écran reprend dès qu'il a trouvé celui qui mène.");

    public async ValueTask<byte[]> AnswerAsync(ReadOnlyMemory<byte> message, ReadOnlyMemory<byte> signature, bool onPage = false)
    {
        var cell = Cell;
        await _leading!.Leader.MayAnswerAsync().ConfigureAwait(false);
        return await cell.AnswerAsync(message, signature, onPage).ConfigureAwait(false);
    }

    /// <summary>The follower's connection does not hold up the end of the process.</summary>
    public void Stopping() => _leading?.Leader.Stop(followed: true);

    public StandingNow Now() => _leading?.Leader.Now() ?? _follower!.Now();

    public async Task<StandingNow> DecideAsync(Decision decision)
    {
        await _changing.WaitAsync().ConfigureAwait(false);
        try
        {
            var refusal = (decision.Decided, _leading) switch
            {
                ("lead", null) => await ReplaceAsync(decision.Number).ConfigureAwait(false),
                ("lead", _) => null,
                ("alone" or "replaced", { } leading) => leading.Leader.Decided(decision.Decided, decision.Number),
                _ => "cette décision ne concerne pas ce gardien",
            };
            var now = Now();
            if (refusal is not null) now.Refusal = refusal;
            return now;
        }
        finally { _changing.Release(); }
    }

    public Task FollowedAsync(IAsyncStreamReader<StandbyFrame> from, IServerStreamWriter<StandbyFrame> to, CancellationToken cancel) =>
        _leading is { } leading ? leading.Leader.FollowedAsync(from, to, cancel) : throw new RpcException(new Status(StatusCode.FailedPrecondition, "does not lead"));

    private async Task<string?> ReplaceAsync(long number)
    {
        if (await _follower!.LeadAsync(number).ConfigureAwait(false) is { } refusal) return refusal;
        try { Lead(_follower.Mark); }
        catch (Exception broken)
        {
            // Neither follows nor leads any more: a process that stays up and does nothing would be taken for a second.
            Ending?.Invoke($"Ce gardien devait prendre la relève et ne peut pas ouvrir ses fichiers ; il s'arrête (docs/runbooks/standby.md). {(broken as RefusedException)?.Refusal.Message ?? broken.GetType().Name}");
            throw;
        }
        _leading!.Cell.Note(Standing.Alone, "Ce gardien a pris la relève du premier et mène seul. Rétablissez le premier comme second (docs/runbooks/standby.md).");
        return null;
    }

    private void Lead(Mark mark)
    {
        var leader = new Leader(mark, _own, _file.Cell, _keys.Standby());
        var cell = new Cell(_file, _keys, _own, _mirror, _place, TimeProvider.System, leader);
        leader.Told += cell.Note;
        _leading = new Leading(leader, cell);
        if (_log is not null) cell.Sweeping(_log);
    }

    /// <summary>Whether the other leads, in a later configuration, or is what this directory was copied from: then this one, which led too, follows.</summary>
    private static async Task<bool> LeadsLaterAsync(CustodianAddress other, Mark mark)
    {
        using var channel = new CustodianChannel(other);
        try
        {
            var its = await channel.Standby.StandingAsync(new StandingAsked(), deadline: DateTime.UtcNow.AddSeconds(3));
            return (its.Number > mark.Number || its.Holder == mark.Holder) && its.Standing is "in-step" or "alone" or "undecided";
        }
        catch (RpcException) { return false; }
    }

    public async ValueTask DisposeAsync()
    {
        if (_follower is not null) await _follower.DisposeAsync().ConfigureAwait(false);
        if (_leading is { } leading)
        {
            leading.Leader.Stop();
            await leading.Cell.DisposeAsync().ConfigureAwait(false);
            leading.Leader.Dispose();
        }
        else _keys.Dispose();
        _changing.Dispose();
    }
}
