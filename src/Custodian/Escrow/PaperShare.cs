using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Serment.Custodian.Escrow;

/// <summary>
/// A share as it stands on paper: nine groups of eight letters and figures (Crockford's alphabet: no I, L, O, U). Each group carries
/// 32 bits and a check of 8 that binds ceremony, holder and place, so that a slip of the pen is told at its group, and so is a
/// group of another paper. The ninth checks the whole. docs/formats/escrow.md.
/// </summary>
internal static class PaperShare
{
    public const int Groups = 9;
    private const int Length = 8;
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    public static string[] Write(EscrowFile file, Share share) =>
        [.. Enumerable.Range(1, Groups).Select(place => Group(file, share.Number, place, place < Groups ? BinaryPrimitives.ReadUInt32BigEndian(share.Secret.AsSpan(4 * (place - 1))) : Whole(file, share)))];

    /// <summary>What a scanned code gives: everything that must agree, then the nine groups.</summary>
    public static string Code(EscrowFile file, Share share) => $"serment-part:1:{file.Cell}:{file.Escrow}:{share.Number}:{string.Concat(Write(file, share))}";

    /// <summary>The 32 bits of one group as somebody typed it.</summary>
    /// <exception cref="RefusedException">What is wrong, at which group.</exception>
    public static uint ReadGroup(EscrowFile file, int holder, int place, string typed)
    {
        var text = string.Concat(typed.ToUpperInvariant().Where(c => c is not (' ' or '-' or '.'))).Replace('O', '0').Replace('I', '1').Replace('L', '1');
        if (text.Length != Length) throw Mistyped(holder, place, $"{text.Length} caractères au lieu de {Length}");
        var bits = 0UL;
        foreach (var c in text) bits = Alphabet.IndexOf(c) is >= 0 and var value ? (bits << 5) | (uint)value : throw Mistyped(holder, place, $"« {c} » n'y figure jamais");
        var data = (uint)(bits >> 8);
        return Check(file, holder, place, data) == (byte)bits ? data : throw Mistyped(holder, place, "un caractère est mal recopié, ou ce groupe est d'une autre feuille");
    }

    /// <exception cref="RefusedException">A group is mistyped, or each is right and the whole is not.</exception>
    public static Share Read(EscrowFile file, int holder, IReadOnlyList<uint> groups)
    {
        if (groups.Count != Groups) throw new RefusedException("escrow.share", $"Part {holder} : {groups.Count} groupes au lieu de {Groups}.");
        var secret = new byte[32];
        for (var i = 0; i < Groups - 1; i++) BinaryPrimitives.WriteUInt32BigEndian(secret.AsSpan(4 * i), groups[i]);
        var share = new Share(holder, secret);
        return Whole(file, share) == groups[^1] ? share : throw new RefusedException("escrow.share", $"Part {holder} : chaque groupe est plausible mais l'ensemble est faux. Relisez la feuille depuis le début.");
    }

    /// <summary>A whole scanned code, or null when the text is none.</summary>
    /// <exception cref="RefusedException">A code of another establishment or another ceremony.</exception>
    public static Share? ReadCode(EscrowFile file, string text)
    {
        if (text.Trim().Split(':') is not ["serment-part", "1", var cell, var escrow, var number, var letters]) return null;
        if (cell != file.Cell) throw new RefusedException("escrow.cell", "Cette part est celle d'un autre établissement.");
        if (escrow != file.Escrow) throw new RefusedException("escrow.ceremony", $"Cette part est d'une autre remise ({escrow}) : ce fichier attend les feuilles de la remise {file.Escrow}.");
        if (number is not [>= '1' and <= '5'] || letters.Length != Groups * Length) throw new RefusedException("escrow.share", "Ce code est incomplet.");
        var holder = number[0] - '0';
        return Read(file, holder, [.. Enumerable.Range(1, Groups).Select(place => ReadGroup(file, holder, place, letters.Substring((place - 1) * Length, Length)))]);
    }

    private static string Group(EscrowFile file, int holder, int place, uint data)
    {
        var bits = ((ulong)data << 8) | Check(file, holder, place, data);
        return string.Create(Length, bits, (text, value) => { for (var i = 0; i < Length; i++) text[i] = Alphabet[(int)(value >> (5 * (Length - 1 - i))) & 31]; });
    }

    private static byte Check(EscrowFile file, int holder, int place, uint data)
    {
        Span<byte> four = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(four, data);
        return SHA256.HashData([.. Encoding.ASCII.GetBytes($"serment/v1/share-group|{file.Cell}|{file.Escrow}|{holder}|{place}|"), .. four])[0];
    }

    private static uint Whole(EscrowFile file, Share share) =>
        BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData([.. Encoding.ASCII.GetBytes($"serment/v1/share|{file.Cell}|{file.Escrow}|{share.Number}|"), .. share.Secret]));

    private static RefusedException Mistyped(int holder, int place, string why) => new("escrow.group", $"Part {holder}, groupe {place} : {why}.");
}
