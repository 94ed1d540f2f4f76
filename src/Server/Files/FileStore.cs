using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Serment.Records.Documents;

namespace Serment.Server.Files;

/// <summary>
/// Sealed files in the data directory, by random names: files/ab/cdef…. A file comes into being whole: it is written under
/// files/incoming, flushed to the disk and renamed; only then may an entry speak of it.
/// </summary>
public sealed partial class FileStore(string data, DocumentsDoor documents, ILogger<FileStore> log)
{
    public const long Maximum = 2L << 30;
    private static readonly TimeSpan Patience = TimeSpan.FromDays(1);
    private readonly string _root = Path.Combine(data, "files"), _incoming = Path.Combine(data, "files", "incoming");

    /// <param name="announced">Bytes to come, when the sender says so.</param>
    /// <exception cref="RefusedException">Empty, too large, no room on the disk, or cut off on the way. Nothing of it is left.</exception>
    public async Task<StoredFile> ReceiveAsync(FileTicket ticket, Stream content, long? announced, CancellationToken cancel = default)
    {
        if (announced > Maximum) throw FileSealing.TooLarge(Maximum);
        Directory.CreateDirectory(_incoming);
        if (announced is { } size && new DriveInfo(_root).AvailableFreeSpace < size + size / 1024) throw Full();
        var (arriving, place) = (Path.Combine(_incoming, ticket.Address.File.ToString()), PlaceOf(ticket.Address.File));
        if (File.Exists(place)) throw new RefusedException(RefusalCodes.Conflict, "Ce fichier est déjà enregistré.");
        try
        {
            (long Size, byte[] Sha256) was;
            await using (var file = new FileStream(arriving, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous }))
            {
                was = await FileSealing.SealAsync(ticket.Key, ticket.Address, content, file, Maximum, cancel).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            File.Move(arriving, place);
            SyncDirectory(Path.GetDirectoryName(place)!);
            return new StoredFile(was.Size, Convert.ToHexStringLower(was.Sha256));
        }
        catch (Exception fault)
        {
            File.Delete(arriving);
            throw fault switch
            {
                RefusedException => fault,
                IOException { HResult: 28 or unchecked((int)0x80070070) } => Full(),
                // The browser left, the cable was pulled, the body ended early.
                IOException or OperationCanceledException => new RefusedException("file.cut", "L'envoi s'est interrompu : rien n'a été ajouté. Vérifiez le réseau et recommencez."),
                _ => fault,
            };
        }
    }

    /// <exception cref="RefusedException">Missing, altered, truncated, or another file in its place.</exception>
    public async Task<SealedFileStream> OpenAsync(FileAddress address, byte[] key, CancellationToken cancel = default)
    {
        FileStream file;
        try { file = new FileStream(PlaceOf(address.File), new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.Read, BufferSize = 0, Options = FileOptions.Asynchronous }); }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new RefusedException("file.missing", "Ce fichier n'est plus dans le stockage. Sa description reste ; prévenez l'exploitation, il est peut-être dans une sauvegarde.");
        }
        try { return await SealedFileStream.OpenAsync(key, address, file, cancel).ConfigureAwait(false); }
        catch { await file.DisposeAsync().ConfigureAwait(false); throw; }
    }

    /// <summary>Removes what uploads that never ended left behind, a day after.</summary>
    /// <returns>How many files went.</returns>
    public async Task<int> SweepAsync(DateTimeOffset now, CancellationToken cancel = default)
    {
        if (!Directory.Exists(_root)) return 0;
        var old = Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories).Where(f => now - File.GetLastWriteTimeUtc(f) > Patience).ToArray();
        var gone = 0;
        foreach (var some in old.Chunk(500))
        {
            var named = some.Select(path => (Path: path, Arriving: Path.GetDirectoryName(path) == _incoming, Known: Id.TryParse<FileId>(Path.GetFileName(path), out var id), Id: id)).ToArray();
            var kept = await documents.KeptAsync([.. named.Where(f => f.Known).Select(f => f.Id)], cancel).ConfigureAwait(false);
            foreach (var file in named.Where(f => f.Known && (f.Arriving || !kept.Contains(f.Id)))) { File.Delete(file.Path); gone++; }
        }
        if (gone > 0) Swept(log, gone);
        return gone;
    }

    private string PlaceOf(FileId file) => Path.Combine(_root, file.ToString()[..2], file.ToString());

    private static RefusedException Full() =>
        new("records.disk", "Le disque des documents est plein : rien n'a été ajouté. Prévenez l'exploitation, puis recommencez.");

    /// <summary>A rename has happened when its directory is on the disk; only Unix lets one ask for that.</summary>
    internal static void SyncDirectory(string directory)
    {
        if (OperatingSystem.IsWindows()) return;
        var handle = OpenDirectory(directory, 0);
        if (handle < 0) return;
        _ = Sync(handle);
        _ = Close(handle);
    }

#pragma warning disable SYSLIB1054 // three calls of libc do not need unsafe code in the whole project
    [DllImport("libc", EntryPoint = "open", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int OpenDirectory([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Sync(int handle);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Close(int handle);
#pragma warning restore SYSLIB1054

    [LoggerMessage(Level = LogLevel.Warning, Message = "Removed {Count} files of uploads that did not end")]
    private static partial void Swept(ILogger log, int count);
}

/// <summary>Sweeps the store at start and every six hours.</summary>
internal sealed class StoreSweep(FileStore store) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            for (; ; await Task.Delay(TimeSpan.FromHours(6), stoppingToken).ConfigureAwait(false))
                await store.SweepAsync(DateTimeOffset.UtcNow, stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) { }
        catch (IOException) { }
    }
}
