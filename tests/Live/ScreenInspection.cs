using System.Diagnostics;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace Serment.Live.Tests;

/// <summary>
/// Looks at one screen as it stands, in the four forms that people see it in (workstation and tablet, light and dark), at a
/// telephone's width, in English and with the keyboard, and says what is wrong with it. Where SERMENT_PICTURES names a folder, its pictures too.
/// </summary>
internal sealed class ScreenInspection(List<string> faults)
{
    private static readonly (int Width, int Height)[] Forms = [(1366, 768), (1024, 768)];

    private static readonly string Axe = ReadAxe();

    /// <param name="name">Of the screen, in faults and in pictures.</param>
    /// <param name="told">What the people of this screen wrote themselves, in French, and the test did not mark.</param>
    public async Task LookAsync(IPage page, string name, string told = "")
    {
        await SettleAsync(page);
        foreach (var (width, height) in Forms)
        {
            await page.SetViewportSizeAsync(width, height);
            await page.EvaluateAsync("scrollTo(0, 0)");
            foreach (var dark in new[] { false, true })
            {
                await TurnAsync(page, dark);
                var form = $"{name} {width} {(dark ? "dark" : "light")}";
                if (!dark)
                {
                    // What was placed by script for the width before is placed again in its own time.
                    try { await page.WaitForFunctionAsync("() => document.documentElement.scrollWidth <= innerWidth + 1", null, new() { Timeout = 3000 }); }
                    catch (TimeoutException) { /* The layout says which part. */ }
                    Add(form, await page.EvaluateAsync<string[]>(Layout, false));
                }
                if (width == 1366) Add(form, await AxeAsync(page, dark));
                if (Environment.GetEnvironmentVariable("SERMENT_PICTURES") is { } folder) await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{form.Replace(' ', '-')}.png"), FullPage = width == 1024 });
            }
            await TurnAsync(page, dark: false);
        }
        await page.SetViewportSizeAsync(390, 844);
        await SettleAsync(page);
        Add($"{name} 390", await page.EvaluateAsync<string[]>(Layout, true));
        if (Environment.GetEnvironmentVariable("SERMENT_PICTURES") is { } small) await page.ScreenshotAsync(new() { Path = Path.Combine(small, $"{name}-390.png") });
        await page.SetViewportSizeAsync(Forms[0].Width, Forms[0].Height);
        await SettleAsync(page);
        // In an open menu the arrows move; KeyboardTests walks there.
        if (await page.Locator(".mud-popover-open, #my-session:popover-open").CountAsync() == 0) Add($"{name} keyboard", await TabAsync(page));
        if (await page.Locator(".language button[lang=en]").CountAsync() > 0)
        {
            Add($"{name} English", await EnglishAsync(page, told));
            await SpeakAsync(page, "fr");
        }
    }

    private void Add(string form, string[] found) => faults.AddRange(found.Select(one => $"{form}: {one}"));

    /// <summary>Nothing loads or moves any more.</summary>
    public static async Task SettleAsync(IPage page) => await page.WaitForFunctionAsync("""
        () => !document.querySelector('.mud-skeleton, .starting, main .mud-progress-circular') && document.getAnimations().every(a => a.playState !== 'running' || a.effect.getComputedTiming().endTime === Infinity || a.effect.target?.closest('.mud-snackbar'))
        """);

    /// <summary>The staff's screens have a switch; those without follow the machine.</summary>
    private static async Task TurnAsync(IPage page, bool dark)
    {
        if (await page.Locator(".bar").CountAsync() == 0) await page.EmulateMediaAsync(new() { ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light });
        else await page.EvaluateAsync("wanted => { if (document.querySelector('meta[name=color-scheme]').content !== wanted) document.querySelector('.bar [aria-label^=\"Mode \"]').click(); }", dark ? "dark" : "light");
        if (await page.Locator(".bar, .enter").CountAsync() > 0) await page.Locator($"meta[name=color-scheme][content={(dark ? "dark" : "light")}]").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await SettleAsync(page);
    }

    private static async Task<string[]> AxeAsync(IPage page, bool onlyContrast)
    {
        if (!await page.EvaluateAsync<bool>("!!window.axe")) await page.EvaluateAsync(Axe);
        return await page.EvaluateAsync<string[]>("""
            async onlyContrast => {
              const found = await axe.run(document, onlyContrast ? { runOnly: ['color-contrast'], resultTypes: ['violations'] } : { rules: { 'target-size': { enabled: true } }, resultTypes: ['violations'] });
              // Under an open menu nothing else is to be hit: what it covers by half is whole when it is closed.
              const menu = document.querySelector('.mud-popover-open');
              if (menu) for (const v of found.violations) if (v.id === 'target-size') v.nodes = v.nodes.filter(n => menu.contains(document.querySelector(n.target.at(-1))));
              return found.violations.filter(v => v.nodes.length > 0).filter(v => ['serious', 'critical'].includes(v.impact)).map(v => `${v.id}: ${v.nodes.slice(0, 4).map(n => n.html.slice(0, 160) + (n.any[0]?.data?.contrastRatio ? ` ${n.any[0].data.contrastRatio} ${n.any[0].data.fgColor} on ${n.any[0].data.bgColor}` : '')).join(' | ')}`);
            }
            """, onlyContrast);
    }

    /// <summary>Tab from the top of the page, or from inside an open dialog, until it comes round.</summary>
    private static async Task<string[]> TabAsync(IPage page)
    {
        await page.EvaluateAsync(StartTabbing);
        for (var i = 0; i < 25; i++)
        {
            for (var j = 0; j < 12; j++) await page.Keyboard.PressAsync("Tab");
            if (await page.EvaluateAsync<bool>("tabbed.round")) break;
        }
        return await page.EvaluateAsync<string[]>(EndTabbing);
    }

    /// <summary>The parts of a screen turn one after the other: what is still French when none turns any more.</summary>
    private static async Task<string[]> EnglishAsync(IPage page, string told)
    {
        await SpeakAsync(page, "en");
        for (var clock = Stopwatch.StartNew(); ;)
        {
            var french = (await EnglishTests.FrenchSeenAsync(page)).Where(text => told.Length == 0 || !text.Contains(told, StringComparison.Ordinal)).ToArray();
            if (french.Length == 0 || clock.Elapsed > TimeSpan.FromSeconds(4)) return french;
        }
    }

    private static async Task SpeakAsync(IPage page, string language)
    {
        await page.EvaluateAsync($"document.querySelector('.language button[lang={language}]').click()");
        await page.Locator($"html[lang={language}]").WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await page.Locator($".language button[lang={language}][aria-pressed=true]").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
    }

    private static string ReadAxe()
    {
        var commons = typeof(AxeResult).Assembly;
        using var stream = commons.GetManifestResourceStream(commons.GetManifestResourceNames().First(name => name.EndsWith("axe.min.js", StringComparison.Ordinal)))!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private const string Naming = """
          const seen = e => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
          const called = e => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') + [...e.classList].slice(0, 2).map(c => '.' + c).join('') + ' « ' + (e.getAttribute('aria-label') ?? e.textContent.trim()).slice(0, 40) + ' »';
        """;

    /// <summary>What is drawn outside the page, over something else, or cut without a way to read it. On a telephone only the frame is looked at.</summary>
    private const string Layout = $$"""
        telephone => {
          {{Naming}}
          const faults = [], root = document.documentElement, box = e => e.getBoundingClientRect();
          const bar = document.querySelector('.bar, body > header');
          if (bar) {
            const parts = [...bar.children].filter(e => seen(e) && !e.matches('[popover], .grow') && box(e).width > 0).flatMap(e => e.matches('nav') ? [...e.children] : [e]);
            for (const part of parts) if (box(part).right > innerWidth + 1 || box(part).left < -1 || part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0 && getComputedStyle(part).overflowX === 'visible') faults.push(`the header's ${called(part)} leaves the header`);
            for (const [i, a] of parts.entries()) for (const b of parts.slice(i + 1)) {
              const [p, q] = [box(a), box(b)];
              if (Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1 && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 1) faults.push(`the header's ${called(a)} lies over ${called(b)}`);
            }
          }
          if (telephone && bar) return faults;
          if (root.scrollWidth > innerWidth + 1) faults.push(`the page is ${root.scrollWidth} wide: ${[...document.querySelectorAll('body *')].filter(e => box(e).right > innerWidth + 1).slice(-3).map(called).join(', ')}`);
          if (telephone) return faults;
          const top = [...document.querySelectorAll('.mud-dialog, dialog[open], .mud-popover-open, #my-session:popover-open, .lock')].filter(seen).at(-1);
          const texts = [], range = document.createRange(), walker = document.createTreeWalker(top ?? document.body, NodeFilter.SHOW_TEXT);
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const e = node.parentElement;
            if (!node.data.trim() || !seen(e) || e.closest('.sr, option, select, textarea, svg, .mud-snackbar, caption.sr, .filling')) continue;
            range.selectNodeContents(node);
            const all = range.getBoundingClientRect();
            if (all.width === 0) continue;
            const lines = [...range.getClientRects()].map(({ left, top, right, bottom }) => ({ left, top, right, bottom }));
            texts.push([e, lines]);
            for (let at = e; at && at !== document.body; at = at.parentElement) {
              const style = getComputedStyle(at), edge = box(at);
              if (/auto|scroll/.test(style.overflowX + style.overflowY)) {
                for (const line of lines) [line.left, line.top, line.right, line.bottom] = [Math.max(line.left, edge.left), Math.max(line.top, edge.top), Math.min(line.right, edge.right), Math.min(line.bottom, edge.bottom)];
                break;
              }
              if (style.overflowX !== 'visible' && (all.right > edge.right + 1 || all.left < edge.left - 1)) {
                if (style.textOverflow !== 'ellipsis') faults.push(`${called(e)} is cut by ${called(at)}`);
                else if (!e.closest('[title]') && !at.querySelector('[title]')) faults.push(`${called(e)} is shortened and no title says the rest`);
                break;
              }
              if (style.overflowY !== 'visible' && (all.bottom > edge.bottom + 3 || all.top < edge.top - 3)) { faults.push(`${called(e)} is cut below by ${called(at)}`); break; }
              if (style.position === 'fixed') break;
            }
          }
          if (scrollY === 0)
            for (const [i, [a, lines]] of texts.entries()) for (const [b, others] of texts.slice(i + 1)) {
              if (a === b) continue;
              const hit = lines.some(p => others.some(q => Math.min(p.right, q.right) - Math.max(p.left, q.left) > 2 && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 6));
              if (hit) faults.push(`${called(a)} is written over ${called(b)}`);
            }
          const pen = document.createElement('canvas').getContext('2d');
          for (const e of (top ?? document).querySelectorAll('input[placeholder], textarea[placeholder], select')) {
            if (!seen(e) || e.title) continue;
            const style = getComputedStyle(e), text = e.matches('select') ? e.selectedOptions[0]?.text : e.value ? '' : e.placeholder;
            if (!text || e.matches('textarea')) continue;
            pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
            const room = e.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - (e.matches('select') ? 16 : 0);
            if (pen.measureText(text).width > room + 1) faults.push(`${called(e.labels?.[0] ?? e)} has no room for « ${text} »`);
          }
          return [...new Set(faults)];
        }
        """;

    /// <summary>A dialog holds the focus: it has it when it opens, and Tab stays within.</summary>
    private const string StartTabbing = $$"""
        () => {
          {{Naming}}
          const dialog = [...document.querySelectorAll('.mud-dialog, dialog[open]')].filter(seen).at(-1), lock = document.querySelector('.lock');
          window.tabbed = { reached: new Set(), faults: [], round: false, dialog: dialog ?? lock };
          scrollTo(0, 0);
          if (dialog) { if (!dialog.contains(document.activeElement) && !document.activeElement?.closest('.mud-focus-trap, .mud-overlay, .mud-dialog-container')) tabbed.faults.push(`the dialog opens without the focus, which is on ${called(document.activeElement)}`); }
          else {
            const start = document.createElement('button');
            document.body.prepend(start);
            start.focus();
            start.remove();
          }
          let first = null;
          tabbed.listen = ({ target: e }) => {
            if (e === first) { tabbed.round = true; return; }
            first ??= e;
            if (tabbed.reached.has(e)) return;
            tabbed.reached.add(e);
            if (e.matches('[tabindex="-1"], .mud-focus-trap *:empty, .mud-dialog-container, .mud-input-slot')) return;
            const rings = [e, e.parentElement, e.closest('.dropzone, .mud-input-control, .mud-input')].filter(Boolean).filter(at => { const s = getComputedStyle(at); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none' && at === e; });
            if (rings.length === 0 && !e.closest('.mud-menu-item, .mud-list-item, .mud-input')) tabbed.faults.push(`the focus is not seen on ${called(e)}`);
            const b = e.getBoundingClientRect(), points = [[.5, .5], [.1, .2], [.9, .2], [.1, .8], [.9, .8]].map(([x, y]) => document.elementFromPoint(b.left + b.width * x, b.top + b.height * y)).filter(Boolean);
            if (b.width > 2 && !points.some(p => e.contains(p) || p.contains(e) || p.closest('label')?.contains(e))) tabbed.faults.push(`${called(e)} has the focus behind something: ${points[0] ? called(points[0]) : 'outside the window'}`);
          };
          document.addEventListener('focusin', tabbed.listen);
        }
        """;

    private const string EndTabbing = $$"""
        () => {
          {{Naming}}
          document.removeEventListener('focusin', tabbed.listen);
          const { reached, faults, dialog } = tabbed, names = [...reached].filter(e => e.matches('input[type=radio]')).map(e => e.name);
          for (const e of (dialog ?? document).querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')) {
            if (!seen(e) || e.disabled || e.closest('[inert], .mud-focus-trap > :empty') || reached.has(e) || e.matches('input[type=radio]') && names.includes(e.name) || e.matches('[tabindex="-1"].mud-input-clear-button, [role=option], [aria-hidden=true]')) continue;
            faults.push(`Tab does not reach ${called(e)}`);
          }
          if (dialog) for (const e of reached) if (!dialog.contains(e) && !e.matches('.mud-focus-trap *, .mud-dialog-container, .bar *') && e !== document.body) faults.push(`Tab leaves the dialog for ${called(e)}`);
          scrollTo(0, 0);
          return faults;
        }
        """;
}
