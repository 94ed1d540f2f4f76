namespace Serment.Records.Documents;

/// <summary>
/// A sealed file read as if it were plain, from any place in it. The last chunk is opened first: a file cut short is
/// refused before a byte of it is given. One chunk is held at a time.
/// </summary>
public sealed class SealedFileStream : Stream
{
    private const int Step = FileSealing.Chunk + FileSealing.Tag;
    private readonly Stream _from;
    private readonly ChunkCipher _cipher;
    private readonly byte[] _plain = new byte[FileSealing.Chunk], _text = new byte[Step];
    private readonly long _chunks;
    private long _held = -1, _position;
    private int _length;

    private SealedFileStream(Stream from, ChunkCipher cipher, long chunks, long length) => (_from, _cipher, _chunks, Length) = (from, cipher, chunks, length);

    /// <param name="from">The file at rest, seekable; disposed with the reader.</param>
    /// <exception cref="RefusedException">Altered, truncated, another file's, or sealed under another key.</exception>
    public static async Task<SealedFileStream> OpenAsync(byte[] fileKey, FileAddress address, Stream from, CancellationToken cancel = default)
    {
        var head = new byte[FileSealing.Header];
        from.Position = 0;
        if (await from.ReadAtLeastAsync(head, head.Length, false, cancel).ConfigureAwait(false) < head.Length || !FileSealing.Begins(head)) throw FileSealing.Altered();
        var cipher = new ChunkCipher(fileKey, address, head[16..48]);
        var body = from.Length - FileSealing.Header;
        var chunks = (body + Step - 1) / Step;
        if (!System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(cipher.Commitment, head.AsSpan(48)) || chunks == 0 || body - (chunks - 1) * Step <= FileSealing.Tag)
        {
            cipher.Dispose();
            throw FileSealing.Altered();
        }
        var reader = new SealedFileStream(from, cipher, chunks, body - chunks * FileSealing.Tag);
        try { await reader.HoldAsync(chunks - 1, cancel).ConfigureAwait(false); }
        catch { cipher.Dispose(); throw; }
        return reader;
    }

    public override long Length { get; }
    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => false;
    public override long Position { get => _position; set => _position = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value)); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position >= Length || buffer.Length == 0) return 0;
        if (_position / FileSealing.Chunk is var number && number != _held) await HoldAsync(number, cancellationToken).ConfigureAwait(false);
        var start = (int)(_position % FileSealing.Chunk);
        var count = Math.Min(buffer.Length, _length - start);
        _plain.AsMemory(start, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("asynchronous only");

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => Length + offset,
    };

    private async Task HoldAsync(long number, CancellationToken cancel)
    {
        var last = number == _chunks - 1;
        var length = last ? (int)(Length - number * FileSealing.Chunk) + FileSealing.Tag : Step;
        _held = -1;
        _from.Position = FileSealing.Header + number * Step;
        if (await _from.ReadAtLeastAsync(_text.AsMemory(0, length), length, false, cancel).ConfigureAwait(false) < length || !_cipher.Open((ulong)number, last, _text.AsSpan(0, length), _plain)) throw FileSealing.Altered();
        (_held, _length) = (number, length - FileSealing.Tag);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _cipher.Dispose();
            _from.Dispose();
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(_plain);
        }
        base.Dispose(disposing);
    }

    public override void Flush() { }
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
