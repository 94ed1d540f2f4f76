using Microsoft.AspNetCore.Components;
using Serment.Records;
using Serment.Server.Signing;

namespace Serment.Server.Ui;

/// <summary>What every screen has: who is there, an honest refusal to show, and no exception that reaches the person.</summary>
public abstract class Screen : ComponentBase
{
    [Inject] public required BrowserSession Session { get; init; }
    [Inject] public required Units Units { get; init; }
    [Inject] public required NavigationManager Navigation { get; init; }
    [Inject] public required CellClock Clock { get; init; }
    /// <summary>What is said, in the language of this person.</summary>
    [CascadingParameter] public required Texts T { get; set; }

    protected Refusal? Refusal { get; set; }
    protected bool Busy { get; private set; }
    protected DateTimeOffset Now => Clock.GetUtcNow();
    protected Me Me => Session.Me!;

    /// <summary>What was typed, or null when nothing was.</summary>
    protected static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    /// <summary>Runs something that may be refused; a refusal is kept for the screen to show, and what was typed stays.</summary>
    /// <param name="aside">Runs beside what the person does (suggestions while typing): nothing is disabled meanwhile, a click made at once is not lost.</param>
    protected async Task<bool> TryAsync(Func<Task> act, bool aside = false)
    {
        (Refusal, Busy) = (null, Busy || !aside);
        StateHasChanged();
        try { await act(); return true; }
        catch (RefusedException no) { Refusal = no.Refusal; return false; }
        catch (Exception fault) when (RecordsDatabase.Explain(fault) is { } no) { Refusal = no.Refusal; return false; }
        finally { Busy &= aside; StateHasChanged(); }
    }
}
