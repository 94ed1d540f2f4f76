using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Serment.Custodian.Keys;
using Serment.Custodian.Requests;
using Serment.Custodian.Sessions;

namespace Serment.Custodian.Escrow;

/// <summary>
/// What people do with the establishment key at its machine: hand it out in parts, try the parts, recover it, protect it anew.
/// A process of its own, so that key bytes are in a Custodian's memory and nowhere else; it proves to the cell that it holds
/// the key, and the cell journals what it did. docs/runbooks/key-ceremony.md.
/// </summary>
internal sealed class KeyCeremony(string data, Dialogue people)
{
    private const int ShortestPhrase = 16, AskedBack = 2;
    private readonly string _own = Path.Combine(data, "custodian");

    private string CellFile => Path.Combine(_own, "cell.json");
    private string EscrowPath => Path.Combine(_own, EscrowFile.Name);

    /// <param name="arguments">escrow|drill|recover|rotate --data DIR [--paper DIR] [--phrase-file FILE] [--token]</param>
    public static async Task<int> RunAsync(string[] arguments, Dialogue people)
    {
        try
        {
            string? Value(string name) => Array.IndexOf(arguments, name) is >= 0 and var at && at + 1 < arguments.Length ? arguments[at + 1] : null;
            var ceremony = new KeyCeremony(Path.GetFullPath(Value("--data") ?? "data"), people);
            await (arguments.FirstOrDefault() switch
            {
                "escrow" => ceremony.EscrowAsync(Value("--paper")),
                "drill" => ceremony.DrillAsync(),
                "recover" => ceremony.RecoverAsync(Value("--phrase-file"), arguments.Contains("--token")),
                "rotate" => ceremony.RotateAsync(Value("--phrase-file"), arguments.Contains("--token")),
                _ => throw new RefusedException("usage", "key escrow|drill|recover|rotate"),
            }).ConfigureAwait(false);
            return 0;
        }
        catch (RefusedException no)
        {
            await Console.Error.WriteLineAsync(no.Refusal.Message).ConfigureAwait(false);
            return no.Refusal.Code == "usage" ? 2 : 1;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"Le disque n'a pas pu être lu ou écrit : {fault.Message}").ConfigureAwait(false);
            return 1;
        }
    }

    private async Task EscrowAsync(string? paper)
    {
        var cell = Cell();
        using var keys = cell.Bare(_own);
        var holders = (await TellAsync(cell, keys, "escrow-begin", "", "").ConfigureAwait(false)).Holders;
        var (file, shares) = EscrowFile.Create(cell, keys, TimeProvider.System.GetUtcNow());
        var again = File.Exists(EscrowPath);
        if (paper is null) foreach (var share in shares) Hand(file, share, holders[share.Number - 1]);
        else Print(file, shares, holders, Path.GetFullPath(paper));
        PutInPlace(EscrowPath, JsonSerializer.SerializeToUtf8Bytes(file, WireJson.Options))();
        await TellAsync(cell, keys, "escrow", file.Escrow, "").ConfigureAwait(false);
        foreach (var share in shares) CryptographicOperations.ZeroMemory(share.Secret);
        people.Say($"La clé est en cinq parts (remise {file.Escrow}). Faites une sauvegarde : escrow.json en fait partie. Puis un exercice : serment key drill.");
        if (again) people.Say("Les feuilles de la remise précédente sont à reprendre et à détruire : avec un ancien escrow.json, elles ouvriraient encore.");
    }

    private async Task DrillAsync()
    {
        var file = EscrowFile.Read(EscrowPath);
        var cell = Cell();
        if (file.Cell != cell.Cell) throw new RefusedException("escrow.cell", "Ce fichier escrow.json est celui d'un autre établissement.");
        var (keys, parts) = Gather(file);
        using (keys)
            try { await TellAsync(cell, keys, "drill", file.Escrow, parts).ConfigureAwait(false); }
            catch (RefusedException no) when (no.Refusal.Code is "key.word" or "state.damaged") { throw new RefusedException("escrow.other-key", "Ces parts reforment une clé, mais pas celle de cet établissement aujourd'hui : la clé doit être remise en parts."); }
        people.Say($"Les parts {parts} reforment la clé de l'établissement. Rien n'a été modifié ; l'exercice est inscrit au journal.");
    }

    private async Task RecoverAsync(string? phraseFile, bool token)
    {
        var file = EscrowFile.Read(EscrowPath);
        if (File.Exists(CellFile) && Cell().Cell != file.Cell) throw new RefusedException("escrow.cell", "Ce fichier escrow.json est celui d'un autre établissement.");
        using var mine = TryOwn() ?? throw new RefusedException("cell.running", "Le gardien tourne : il a sa clé. Arrêtez-le d'abord, ou changez son secret par « serment key rotate ».");
        var (keys, parts) = Gather(file);
        using (keys)
        {
            var known = new KeyFile { Format = KeyFile.CurrentFormat, Cell = file.Cell, Name = file.Establishment, Demonstration = file.Mark == "demonstration", Rehearsal = file.Mark == "rehearsal", Salt = [], Nonce = [], Wrapped = [] };
            var phrase = token ? null : NewPhrase(phraseFile);
            var cell = known.Rewrap(keys, phrase);
            var put = cell.Write(CellFile);
            await OpenedAsync(cell, keys, KeyCareBook.Say(keys.Tree, file.Cell, "recover", file.Escrow, parts, TimeProvider.System.GetUtcNow())).ConfigureAwait(false);
            put();
            KeepBeside(cell, phrase);
        }
        people.Say("La clé est reprise et protégée par le nouveau secret. Démarrez le gardien avec lui ; puis remettez la clé en parts si une feuille a été vue par d'autres.");
    }

    private async Task RotateAsync(string? phraseFile, bool token)
    {
        var before = Cell();
        using var keys = before.Bare(_own);
        var phrase = token ? null : NewPhrase(phraseFile);
        var cell = before.Rewrap(keys, phrase);
        var put = cell.Write(CellFile);
        await TellAsync(before, keys, "rotate", "", "").ConfigureAwait(false);
        put();
        KeepBeside(cell, phrase);
        people.Say("La clé est protégée par le nouveau secret. L'ancien n'ouvre plus cell.json, mais ouvre encore les sauvegardes faites avant : gardez-le ou détruisez-les.");
    }

    /// <summary>One holder at the screen: sees his part once, writes it down, gives two groups back as proof.</summary>
    private void Hand(EscrowFile file, Share share, string holder)
    {
        people.Clear();
        people.Ask($"Part {share.Number} pour {holder}, seul devant l'écran. Entrée pour la montrer : ");
        people.Say(ShareSheet.OnScreen(file, share, holder));
        people.Ask("Recopiez les neuf groupes sur la feuille (ou imprimez ce code), puis Entrée : ");
        people.Clear();
        foreach (var place in Enumerable.Range(1, PaperShare.Groups).OrderBy(_ => RandomNumberGenerator.GetInt32(int.MaxValue)).Take(AskedBack).Order())
            AskGroup(file, share.Number, place);
    }

    /// <summary>Five pages for a printer, gone from the disk when they are on paper.</summary>
    private void Print(EscrowFile file, IReadOnlyList<Share> shares, IReadOnlyList<string> holders, string folder)
    {
        Directory.CreateDirectory(folder);
        string[] pages = [.. shares.Select(share => Path.Combine(folder, $"part-{share.Number}.html"))];
        if (pages.FirstOrDefault(File.Exists) is { } there) throw new RefusedException("escrow.paper", $"{there} existe déjà : prenez un dossier vide.");
        try
        {
            foreach (var share in shares)
            {
                var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
                if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
                using var page = new StreamWriter(pages[share.Number - 1], options);
                page.Write(ShareSheet.Page(file, share, holders[share.Number - 1]));
            }
            people.Ask($"Cinq pages sont dans {folder} (une clé USB ou une mémoire, pas un disque qui se sauvegarde). Imprimez-les sur une imprimante qui ne garde rien, vérifiez, puis Entrée : elles seront effacées : ");
        }
        finally { foreach (var page in pages) File.Delete(page); }
    }

    /// <summary>Three holders, one after the other.</summary>
    private (EstablishmentKey Keys, string Parts) Gather(EscrowFile file)
    {
        people.Say($"{file.Establishment}, remise {file.Escrow} du {ClinicalTime.Local(file.At).ToString("d MMMM yyyy", ClinicalTime.French)}. Trois parts sont demandées, une à une.");
        var shares = new List<Share>();
        try
        {
            while (shares.Count < EscrowFile.Needed)
            {
                Share? share;
                try { share = AskShare(file, shares); }
                catch (RefusedException no) when (no.Refusal.Code == "key.given-up" && shares.Count > 0) { throw new RefusedException("escrow.too-few", $"{shares.Count} part{(shares.Count > 1 ? "s" : "")} : il en faut {EscrowFile.Needed}, de personnes différentes. Rien n'a été ouvert."); }
                if (share is not null) shares.Add(share);
            }
            return (file.Recover(shares), string.Join(", ", shares.Select(share => share.Number).Order()));
        }
        finally { foreach (var share in shares) CryptographicOperations.ZeroMemory(share.Secret); }
    }

    private Share? AskShare(EscrowFile file, List<Share> before)
    {
        var text = people.Ask($"{before.Count + 1}/{EscrowFile.Needed} · numéro de la part (1 à 5), ou son code scanné : ").Trim();
        try
        {
            if (PaperShare.ReadCode(file, text) is { } scanned) return Fresh(scanned.Number) ? scanned : null;
        }
        catch (RefusedException no) { people.Say(no.Refusal.Message); return null; }
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > EscrowFile.Holders) { people.Say("Un numéro de 1 à 5, imprimé en tête de la feuille."); return null; }
        if (!Fresh(number)) return null;
        var groups = Enumerable.Range(1, PaperShare.Groups).Select(place => AskGroup(file, number, place)).ToArray();
        people.Clear();
        try { return PaperShare.Read(file, number, groups); }
        catch (RefusedException no) { people.Say(no.Refusal.Message); return null; }

        bool Fresh(int holder)
        {
            if (before.All(share => share.Number != holder)) return true;
            people.Say($"La part {holder} a déjà été donnée : il en faut trois différentes.");
            return false;
        }
    }

    private uint AskGroup(EscrowFile file, int holder, int place)
    {
        while (true)
            try { return PaperShare.ReadGroup(file, holder, place, people.Ask($"Part {holder}, groupe {place} : ")); }
            catch (RefusedException no) when (no.Refusal.Code == "escrow.group") { people.Say(no.Refusal.Message); }
    }

    private string NewPhrase(string? file)
    {
        var phrase = file is not null ? File.ReadAllText(file).TrimEnd('\r', '\n') : people.AskSecret($"Nouvelle phrase secrète ({ShortestPhrase} caractères au moins) : ");
        if (phrase.Length < ShortestPhrase) throw new RefusedException("cell.passphrase", $"Phrase trop courte : {ShortestPhrase} caractères au moins. Rien n'a changé.");
        if (file is null && people.AskSecret("La même, encore une fois : ") != phrase) throw new RefusedException("cell.passphrase", "Les deux phrases diffèrent. Rien n'a changé.");
        return phrase;
    }

    private KeyFile Cell() => File.Exists(CellFile) ? KeyFile.Read(CellFile) : throw new RefusedException("cell.none", $"Aucun établissement dans {_own}.");

    /// <summary>Says it to the Custodian that runs, or, where none does, to the cell itself, opened for the moment with the key at hand.</summary>
    private async Task<KeyWordTaken> TellAsync(KeyFile cell, EstablishmentKey keys, string act, string escrow, string parts)
    {
        var word = KeyCareBook.Say(keys.Tree, cell.Cell, act, escrow, parts, TimeProvider.System.GetUtcNow());
        using var mine = TryOwn();
        if (mine is not null) return await OpenedAsync(cell, keys, word).ConfigureAwait(false);
        using var client = new CustodianClient(new CustodianAddress { Socket = Path.Combine(_own, "run", "custodian.sock") });
        return await client.AskUnsignedAsync(KeyVerbs.Word, cell.Cell, word).ConfigureAwait(false);
    }

    private async Task<KeyWordTaken> OpenedAsync(KeyFile cell, EstablishmentKey keys, KeyWord word)
    {
        Directory.CreateDirectory(Path.Combine(data, "mirror"));
        var nowhere = new RelyingParty("localhost", [], cell.Demonstration, "http://localhost");
        var mark = Standby.Mark.Read(_own, follows: false);
        if (!mark.Leads || mark is { Number: > 0, Alone: false }) throw new RefusedException("standby.ceremony", "Ce gardien a un second : démarrez-les, la cérémonie se dit à celui qui mène. Rien n'a changé.");
        using var leader = new Standby.Leader(mark, _own, cell.Cell, keys.Tree.Standby());
        await using var opened = new Requests.Cell(cell, keys.AnotherTree(), _own, Path.Combine(data, "mirror"), nowhere, TimeProvider.System, leader);
        return await opened.KeyWordAsync(word).ConfigureAwait(false);
    }

    private FileStream? TryOwn()
    {
        try { return new FileStream(Path.Combine(_own, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None); }
        catch (IOException) { return null; }
    }

    /// <summary>A demonstration's passphrase lies beside it, so that anyone can try.</summary>
    private void KeepBeside(KeyFile cell, string? phrase)
    {
        if (cell.Demonstration && phrase is not null) PutInPlace(Path.Combine(_own, "demonstration.passphrase"), System.Text.Encoding.UTF8.GetBytes(phrase))();
    }

    private static Action PutInPlace(string path, byte[] bytes)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(path + ".new", options))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }
        return () => File.Move(path + ".new", path, overwrite: true);
    }
}
