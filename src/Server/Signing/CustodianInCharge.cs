using System.Data.Common;
using System.Diagnostics;
using Grpc.Core;
using Serment.Custodian.Wire.Grpc;
using Serment.Records;

namespace Serment.Server.Signing;

/// <summary>
/// Where a cell has two Custodians: finds the one that leads, asks it and nobody else, and carries the word of the third of three, the database. A
/// leader that lost its follower goes on alone, and a follower whose leader is gone leads, only with a number that the database gives once. docs/decisions/0021.
/// </summary>
public sealed partial class CustodianInCharge(CustodianClient custodian, RecordsDatabase records, ILogger<CustodianInCharge> log) : BackgroundService
{
    /// <summary>A Custodian that its supervisor starts again is back before its second is asked to lead.</summary>
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500), Patience = TimeSpan.FromSeconds(1), ForTheFollower = TimeSpan.FromSeconds(2), ForTheLeader = TimeSpan.FromSeconds(3), AtStart = TimeSpan.FromSeconds(30);
    private readonly Stopwatch _undecided = new(), _away = new();
    private readonly CustodianChannel[] _lines = [.. custodian.Addresses.Select(address => new CustodianChannel(address))];
    private long _known;

    /// <summary>How the Custodian at an address stands; null when nobody answers there.</summary>
    public static async Task<StandingNow?> StandingAsync(CustodianAddress address)
    {
        using var line = new CustodianChannel(address);
        return await StandingAsync(line).ConfigureAwait(false);
    }

    /// <summary>For a command: turns to the Custodian that leads, of two that answer.</summary>
    public static async Task TurnToLeaderAsync(CustodianClient custodian)
    {
        if (custodian.Addresses.Count < 2) return;
        var all = await Task.WhenAll(custodian.Addresses.Select(StandingAsync)).ConfigureAwait(false);
        if (all.Index().Where(one => one.Item is not null && Leads(one.Item)).OrderByDescending(one => one.Item!.Number).Select(one => (int?)one.Index).FirstOrDefault() is { } leader) custodian.Use(leader);
    }

    public static bool Leads(StandingNow now) => now.Standing is "single" or "in-step" or "alone" or "catching-up";

    /// <summary>Before the Server serves. Returns when one leads, or when nobody is there to wait for.</summary>
    public async Task FindAsync()
    {
        await TurnToLeaderAsync(custodian).ConfigureAwait(false);
        for (var since = Stopwatch.StartNew(); since.Elapsed < AtStart; await Task.Delay(Every).ConfigureAwait(false))
            if (await LookAsync(default).ConfigureAwait(false) || custodian.Addresses.Count == 1 && _away.IsRunning) return;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(Every);
        try
        {
            do await LookAsync(stoppingToken).ConfigureAwait(false);
            while (await tick.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException) { }
    }

    /// <returns>Whether the Custodian that is asked leads.</returns>
    private async Task<bool> LookAsync(CancellationToken cancel)
    {
        try
        {
            var current = custodian.Current;
            var now = await StandingAsync(_lines[current]).ConfigureAwait(false);
            if (now is not null && Leads(now)) return await LeadingAsync(now, cancel).ConfigureAwait(false);
            if (now?.Standing == "undecided")
            {
                _away.Reset();
                return await DecideAsync(current, now, cancel).ConfigureAwait(false);
            }
            _undecided.Reset();
            _away.Start();
            return custodian.Addresses.Count > 1 && await TryOtherAsync(1 - current, gone: now?.Standing == "replaced" || _away.Elapsed > ForTheLeader, cancel).ConfigureAwait(false);
        }
        // The database is away or busy: nothing is decided without it.
        catch (Exception fault) when (fault is RefusedException or DbException || fault.InnerException is DbException) { return false; }
    }

    private async Task<bool> LeadingAsync(StandingNow now, CancellationToken cancel)
    {
        _undecided.Reset();
        _away.Reset();
        // The two have agreed without the database; it learns of it, so that it gives no number that is behind.
        if (now.Number > _known)
        {
            await records.GrantConfigurationAsync(now.Number, now.Holder, cancel).ConfigureAwait(false);
            _known = now.Number;
        }
        if (custodian.Addresses.Count < 2 || now.Standing == "in-step" || await StandingAsync(_lines[1 - custodian.Current]).ConfigureAwait(false) is not { } other) return true;
        // Whoever waits there cannot answer, and learns it now. Whoever leads alone there was given up for lost, came back, and would answer whoever asks it directly.
        if (other.Standing is "undecided" or "alone" && other.Number < now.Number)
        {
            if (await SayAsync(_lines[1 - custodian.Current], "replaced", now.Number).ConfigureAwait(false) is { Standing: "replaced" } && other.Standing == "alone") CameBack(log, other.Number, now.Number);
            return true;
        }
        // An operator may have let the other lead despite what it lacks.
        return !Leads(other) || other.Number <= now.Number || !Turn(1 - custodian.Current);
    }

    private async Task<bool> DecideAsync(int which, StandingNow now, CancellationToken cancel)
    {
        _undecided.Start();
        if (_undecided.Elapsed < ForTheFollower) return false;
        var granted = await records.GrantConfigurationAsync(now.Number + 1, now.Holder, cancel).ConfigureAwait(false);
        var then = await SayAsync(_lines[which], granted ? "alone" : "replaced", now.Number + 1).ConfigureAwait(false);
        if (then is null) return false;
        if (granted) Alone(log, now.Number + 1); else Replaced(log, now.Number + 1);
        return Leads(then);
    }

    private async Task<bool> TryOtherAsync(int other, bool gone, CancellationToken cancel)
    {
        var its = await StandingAsync(_lines[other]).ConfigureAwait(false);
        if (its is null) return false;
        if (Leads(its) || its.Standing == "undecided") return Turn(other) && Leads(its);
        if (its.Standing != "follows" || !gone || !await records.GrantConfigurationAsync(its.Number + 1, its.Holder, cancel).ConfigureAwait(false)) return false;
        TakesOver(log, its.Number + 1);
        return await SayAsync(_lines[other], "lead", its.Number + 1).ConfigureAwait(false) is { } then && Leads(then) && Turn(other);
    }

    private bool Turn(int which)
    {
        custodian.Use(which);
        _away.Reset();
        _undecided.Reset();
        return true;
    }

    private static async Task<StandingNow?> StandingAsync(CustodianChannel line)
    {
        try { return await line.Standby.StandingAsync(new StandingAsked(), deadline: DateTime.UtcNow + Patience); }
        catch (RpcException) { return null; }
    }

    /// <summary>A follower opens its cell before it answers that it leads.</summary>
    internal static async Task<StandingNow?> SayAsync(CustodianChannel line, string decided, long number)
    {
        try { return await line.Standby.DecideAsync(new Decision { Decided = decided, Number = number }, deadline: DateTime.UtcNow.AddSeconds(60)); }
        catch (RpcException) { return null; }
    }

    public override void Dispose()
    {
        foreach (var line in _lines) line.Dispose();
        base.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The second Custodian is away: the first goes on alone (configuration {Number})")]
    private static partial void Alone(ILogger log, long number);

    [LoggerMessage(Level = LogLevel.Critical, Message = "A Custodian asked to go on alone with the number {Number}, which another has: it was replaced")]
    private static partial void Replaced(ILogger log, long number);

    [LoggerMessage(Level = LogLevel.Critical, Message = "A Custodian that led alone (configuration {Number}) came back while the other leads ({Later}): it was told that it is replaced")]
    private static partial void CameBack(ILogger log, long number, long later);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The first Custodian is away: the second leads (configuration {Number})")]
    private static partial void TakesOver(ILogger log, long number);
}
