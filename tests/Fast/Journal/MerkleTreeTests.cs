using System.Security.Cryptography;
using CsCheck;
using Serment.Custodian.Journal;
using Serment.Server.Commands;
using Xunit;

namespace Serment.Fast.Tests.Journal;

/// <summary>Two trees written apart, one oracle from outside: the eight leaves of certificate-transparency's own tests.</summary>
public sealed class MerkleTreeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("serment-merkle-").FullName;

    private static readonly string[] Leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    private static readonly string[] Roots =
    [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    [Fact]
    public void The_eight_leaves_of_certificate_transparency_give_its_roots_in_both_trees()
    {
        var tiles = new MerkleTiles(_folder);
        Assert.Equal(Roots[0], Convert.ToHexStringLower(tiles.Root()));
        for (var i = 0; i < Leaves.Length; i++)
        {
            tiles.Add(Convert.FromHexString(Leaves[i]));
            Assert.Equal(Roots[i + 1], Convert.ToHexStringLower(tiles.Root()));
            tiles.WritePartial();
            Assert.Equal(Roots[i + 1], Convert.ToHexStringLower(new TileTree(_folder, i + 1).Root(i + 1)));
        }
    }

    [Fact]
    public void The_published_inclusion_proofs_of_certificate_transparency_are_found_and_hold()
    {
        Write(Leaves.Select(Convert.FromHexString));
        // (leaf, size) and its path, both counted from 1 as certificate-transparency's merkle_tree_test does.
        Proof(1, 1);
        Proof(1, 8, "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4");
        Proof(6, 8, "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b", "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7");
        Proof(3, 3, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
        Proof(2, 5, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b");

        void Proof(int leaf, int size, params string[] path)
        {
            Write(Leaves.Take(size).Select(Convert.FromHexString));
            var tree = new TileTree(_folder, size);
            Assert.Equal(path, tree.Inclusion(leaf - 1).Select(Convert.ToHexStringLower));
            Assert.Equal(Roots[size], Convert.ToHexStringLower(TileTree.RootOf(leaf - 1, size, tree.Leaf(leaf - 1), tree.Inclusion(leaf - 1))));
        }
    }

    [Fact]
    public void Both_trees_agree_at_every_edge_of_a_tile()
    {
        foreach (var size in new[] { 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537 })
        {
            var tiles = Write(Enumerable.Range(0, size).Select(BitConverter.GetBytes));
            var tree = new TileTree(_folder, size);
            Assert.Equal(tiles.Root(), tree.Root(size));
            tree.CheckLeftOvers();
            Assert.Empty(tree.Faults);
        }
    }

    [Fact]
    public void Any_leaf_of_any_tree_is_proved_and_no_other_leaf_or_place_is() =>
        (from size in Gen.Int[1, 1200] from index in Gen.Int[0, size - 1] select (size, index)).Sample(at =>
        {
            var (size, index) = at;
            var root = Write(Enumerable.Range(0, size).Select(BitConverter.GetBytes)).Root();
            var tree = new TileTree(_folder, size);
            var (leaf, path) = (tree.Leaf(index), tree.Inclusion(index));
            return TileTree.RootOf(index, size, leaf, path).AsSpan().SequenceEqual(root)
                && !TileTree.RootOf(index, size, SHA256.HashData(leaf), path).AsSpan().SequenceEqual(root)
                && (size == 1 || !TileTree.RootOf((index + 1) % size, size, leaf, path).AsSpan().SequenceEqual(root))
                && !TileTree.RootOf(index, size, leaf, [.. path, leaf]).AsSpan().SequenceEqual(root);
        }, iter: 60, threads: 1);

    [Fact]
    public void The_root_of_any_beginning_is_the_root_that_was_signed_then() =>
        (from size in Gen.Int[1, 900] from earlier in Gen.Int[0, size] select (size, earlier)).Sample(at =>
        {
            var then = Write(Enumerable.Range(0, at.earlier).Select(BitConverter.GetBytes)).Root();
            Write(Enumerable.Range(0, at.size).Select(BitConverter.GetBytes));
            return new TileTree(_folder, at.size).Root(at.earlier).AsSpan().SequenceEqual(then);
        }, iter: 40, threads: 1);

    [Fact]
    public void Tiles_lie_where_the_C2SP_layout_says()
    {
        Assert.Equal("tile/0/x001/x234/067", MerkleTiles.Path(0, 1_234_067, 256));
        Assert.Equal("tile/3/000.p/8", MerkleTiles.Path(3, 0, 8));
        foreach (var index in new[] { 0L, 7, 999, 1000, 1_234_067, 999_999_999 })
            Assert.Equal(MerkleTiles.Path(1, index, 17), TileTree.NameOf(1, index, 17));
    }

    /// <summary>What a journal's root was at any earlier size, from the tiles of a longer one: as the other tree says, across tiles of three levels.</summary>
    [Fact]
    public void The_root_at_every_earlier_size_is_what_it_was()
    {
        var tiles = new MerkleTiles(_folder);
        var roots = new List<byte[]> { tiles.Root() };
        for (var i = 0; i < 70_000; i++)
        {
            tiles.Add(BitConverter.GetBytes(i));
            roots.Add(tiles.Root());
        }
        tiles.WritePartial();
        foreach (var size in Enumerable.Range(0, 600).Concat([65_535, 65_536, 65_537, 65_792, 69_999, 70_000]).Concat(Enumerable.Range(0, 200).Select(i => i * 349))) Assert.Equal(roots[size], tiles.RootAt(size, 70_000));
        Assert.Equal(roots[66_001], new TileTree(_folder, 70_000).Root(66_001));
    }

    private MerkleTiles Write(IEnumerable<byte[]> leaves)
    {
        if (Directory.Exists(Path.Combine(_folder, "tile"))) Directory.Delete(Path.Combine(_folder, "tile"), recursive: true);
        var tiles = new MerkleTiles(_folder);
        foreach (var leaf in leaves) tiles.Add(leaf);
        tiles.WritePartial();
        return tiles;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
