using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Serment.Custodian.Accounts;
using Serment.Custodian.Exports;
using Serment.Custodian.Journal;
using Serment.Custodian.Keys;
using Serment.Custodian.Sessions;
using Serment.Custodian.Standby;
using Serment.Records.Entries;
using Serment.Server.Commands;
using Serment.Server.Packs;
using Xunit;
using Session = Serment.Custodian.Standby.Session;

namespace Serment.Fast.Tests.Keys;

/// <summary>The code against the published vectors of docs/formats. A change that breaks one breaks what is already stored.</summary>
public sealed class FormatVectorTests
{
    private static readonly JsonElement Keys = Vectors.Read("keys.json"), Records = Vectors.Read("record.json"), Journal = Vectors.Read("journal.json"), Requests = Vectors.Read("request.json"), Pack = Vectors.Read("pack.json"), Standby = Vectors.Read("standby.json");

    [Fact]
    public void Every_key_is_derived_as_written()
    {
        using var tree = new KeyTree(Keys.Hex("establishmentKey"), Keys.Text("cell"));
        foreach (var vector in Keys.GetProperty("patientDomain").EnumerateArray())
            Assert.Equal(vector.Text("key"), Convert.ToHexStringLower(tree.PatientDomain(Id.Parse<PatientId>(vector.Text("patient")), (Domain)vector.GetProperty("domain").GetInt32(), vector.GetProperty("version").GetInt32())));
        Assert.Equal(Keys.Text("state"), Convert.ToHexStringLower(tree.State()));
        Assert.Equal(Keys.Text("journal"), Convert.ToHexStringLower(tree.Journal()));
        Assert.Equal(Keys.Text("journalSeed"), Convert.ToHexStringLower(tree.JournalSeed()));
        Assert.Equal(Keys.Text("check"), Convert.ToHexStringLower(tree.Check()));
    }

    [Fact]
    public void A_passphrase_unwraps_the_establishment_key_and_no_changed_mark_does()
    {
        var vector = Keys.GetProperty("passphrase");
        var file = new KeyFile { Format = 1, Cell = Keys.Text("cell"), Name = "Clinique", Demonstration = false, Salt = vector.Hex("salt"), Nonce = vector.Hex("nonce"), Wrapped = vector.Hex("wrapped") };
        Assert.Equal(Keys.Text("check"), Convert.ToHexStringLower(file.Unwrap(vector.Text("text")).Check()));
        // The same phrase typed on a keyboard that composes its accents differently.
        Assert.Equal(Keys.Text("check"), Convert.ToHexStringLower(file.Unwrap(vector.Text("text").Normalize(NormalizationForm.FormD)).Check()));
        Assert.Equal(vector.Text("wrapped"), Convert.ToHexStringLower(file.WrapBy(vector.Text("text"), Keys.Hex("establishmentKey"))));
        Assert.Throws<RefusedException>(() => file.Unwrap(vector.Text("text") + " "));
        Assert.Throws<RefusedException>(() => (file with { Demonstration = true }).Unwrap(vector.Text("text")));
        Assert.Throws<RefusedException>(() => (file with { Cell = new string('0', 32) }).Unwrap(vector.Text("text")));
    }

    public static TheoryData<int> EachRecord => [.. Enumerable.Range(0, Records.GetProperty("records").GetArrayLength())];

    [Theory]
    [MemberData(nameof(EachRecord))]
    public void A_record_opens_at_its_address_with_its_key_and_nowhere_else(int index)
    {
        var vector = Records.GetProperty("records")[index];
        var address = new RecordAddress(vector.Text("cell"), Id.Parse<PatientId>(vector.Text("patient")), (Domain)vector.GetProperty("domain").GetInt32(), vector.Text("room"), Id.Parse<EntryId>(vector.Text("entry")), vector.GetProperty("version").GetInt32());
        Assert.Equal(vector.Text("associatedData"), Encoding.ASCII.GetString(address.AssociatedData()));
        var at = new SealedRecord(vector.Hex("salt"), vector.Hex("commitment"), vector.Hex("text"));
        var (key, version) = (vector.Hex("domainKey"), vector.KeyVersion());
        using var slot = RecordSlot.Derive(version, key, at.Salt);
        var opened = slot.Open(address, at, Text);
        Assert.Equal(vector.GetProperty("paddedLength").GetInt32(), opened.Length);
        Assert.Equal(vector.Text("plain"), Encoding.UTF8.GetString(opened).TrimEnd(' '));

        // What the Custodian lends to a client that only adds is the same slot: what it seals, the holder of the domain key opens.
        using var tree = new KeyTree(Records.Hex("establishmentKey"), vector.Text("cell"));
        Assert.Equal(key, tree.PatientDomain(address.Patient, address.Domain, version));
        var (slotKey, commitment) = tree.Slot(address.Patient, address.Domain, version, at.Salt);
        Assert.Equal((vector.Text("slotKey"), vector.Text("commitment")), (Convert.ToHexStringLower(slotKey), Convert.ToHexStringLower(commitment)));
        using var lent = RecordSlot.Lent(version, slotKey, at.Salt, commitment);
        var (one, two) = (lent.Seal(address, Encoding.UTF8.GetBytes(vector.Text("plain"))), lent.Seal(address, Encoding.UTF8.GetBytes(vector.Text("plain"))));
        Assert.Equal(opened, slot.Open(address, one, Text));
        Assert.NotEqual(one.Text[..12], two.Text[..12]);

        RecordAddress[] elsewhere = [address with { Cell = new string('0', 32) }, address with { Patient = Id.New<PatientId>() }, address with { Domain = address.Domain is Domain.Sensitive ? Domain.Clinical : Domain.Sensitive }, address with { Room = "other" }, address with { Entry = Id.New<EntryId>() }, address with { Version = address.Version + 1 }];
        foreach (var other in elsewhere) Refused(() => slot.Open(other, at, Text));
        foreach (var part in new[] { 5, 20, at.Text.Length - 20, at.Text.Length - 5 }) Refused(() => slot.Open(address, at with { Text = Flipped(at.Text, part) }, Text)); // nonce, text, text, tag
        Refused(() => slot.Open(address, at with { Commitment = Flipped(at.Commitment, 16) }, Text));
        Refused(() => slot.Open(address, at with { Commitment = at.Commitment[..31] }, Text));
        Refused(() => slot.Open(address, at with { Text = at.Text[..27] }, Text));
        Refused(() => slot.Open(address, at with { Text = at.Text[..^1] }, Text));
        // The version is bound by the key that it derives: no record passes for one of another version.
        foreach (var (wrongKey, wrongSalt) in new[] { (Flipped(key, 16), at.Salt), (key, Flipped(at.Salt, 16)), (tree.PatientDomain(address.Patient, address.Domain, version + 1), at.Salt) })
        {
            using var wrong = RecordSlot.Derive(1, wrongKey, wrongSalt);
            Refused(() => wrong.Open(address, at, Text));
            // Even with the commitment that this key would have.
            Refused(() => wrong.Open(address, at with { Commitment = wrong.Seal(address, "{}"u8).Commitment }, Text));
        }

        static byte[] Text(ReadOnlySpan<byte> text) => text.ToArray();
        static void Refused(Action open) => Assert.Equal("record.altered", Assert.Throws<RefusedException>(open).Refusal.Code);
    }

    [Fact]
    public void Every_leaf_commits_to_its_fields_as_written_and_the_checkpoint_is_signed_as_written()
    {
        var folder = Directory.CreateTempSubdirectory("serment-vectors-").FullName;
        var tiles = new MerkleTiles(folder);
        using var leaf = new Leaf();
        var salts = new byte[Leaf.FieldSalt * JournalEntry.Fields.Length];
        foreach (var vector in Journal.GetProperty("entries").EnumerateArray())
        {
            var entry = EntryOf(vector);
            Leaf.Salts(entry.Salt, salts);
            Assert.Equal(vector.Text("salts"), Convert.ToHexStringLower(salts));
            Assert.Equal(vector.Text("leaf"), Convert.ToHexStringLower(leaf.Of(entry)));
            Assert.Equal(vector.Text("leafHash"), Convert.ToHexStringLower(MerkleTiles.HashLeaf(leaf.Of(entry))));
            Assert.Equal(vector.Text("leafHash"), Convert.ToHexStringLower(leaf.HashOf(entry)));
            tiles.Add(leaf.Of(entry));
        }
        Assert.Equal(Journal.Text("root"), Convert.ToHexStringLower(tiles.Root()));
        using var signer = new CheckpointSigner(Journal.Text("origin"), Journal.Hex("signingSeed"));
        Assert.Equal(Journal.Text("verifierKey"), signer.PublicKey);
        Assert.Equal(Journal.Text("checkpoint"), signer.Sign(tiles.Size, tiles.Root()));
        var key = Serment.Server.Commands.NoteKey.Parse(Journal.Text("verifierKey"), "");
        Assert.Equal(3, Serment.Server.Commands.Checkpoint.Open(Journal.Text("checkpoint"), key, "").Size);
        tiles.WritePartial();
        foreach (var proof in Journal.GetProperty("inclusion").EnumerateArray())
            Assert.Equal(proof.GetProperty("path").EnumerateArray().Select(hash => hash.GetString()), tiles.Inclusion(proof.GetProperty("index").GetInt32(), 3).Select(Convert.ToHexStringLower));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Sealed_entries_are_written_as_described_and_a_segment_made_elsewhere_is_read()
    {
        var entries = Journal.GetProperty("entries").EnumerateArray().Select(EntryOf).ToArray();
        foreach (var batch in Journal.GetProperty("batches").EnumerateArray())
        {
            var (first, plain, before) = (batch.GetProperty("first").GetInt32(), new System.Buffers.ArrayBufferWriter<byte>(), 0L);
            for (var i = first; plain.WrittenCount < batch.Hex("plain").Length; i++)
            {
                EntryBytes.Write(plain, entries[i], before);
                before = entries[i].Time.ToUnixTimeMilliseconds();
            }
            Assert.Equal(batch.Text("plain"), Convert.ToHexStringLower(plain.WrittenSpan));
        }
        var folder = Directory.CreateTempSubdirectory("serment-vectors-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "fields"));
        await File.WriteAllBytesAsync(Path.Combine(folder, "fields", "000000000000.log"), Journal.Hex("segment"));
        await File.WriteAllTextAsync(Path.Combine(folder, "checkpoint"), Journal.Text("checkpoint"));
        await using (var log = new JournalLog(folder, Journal.Hex("key"), Journal.Text("origin"), Journal.Hex("signingSeed")))
        {
            Assert.Equal(Journal.Text("checkpoint"), log.Checkpoint);
            using var leaf = new Leaf();
            Assert.Equal(entries.Select(leaf.HashOf), log.Read(new JournalQuestion { OldestFirst = true }).Select(at => leaf.HashOf(at.Entry)));
        }
        Directory.Delete(folder, recursive: true);
    }

    private static JournalEntry EntryOf(JsonElement vector)
    {
        var fields = vector.GetProperty("fields");
        return new JournalEntry
        {
            Salt = vector.Hex("salt"),
            Time = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(fields.Text("time"), CultureInfo.InvariantCulture)),
            Kind = fields.Text("kind"),
            Account = IdOf<AccountId>("account"),
            Session = IdOf<SessionId>("session"),
            Client = IdOf<ClientId>("client"),
            Station = IdOf<StationId>("station"),
            Patient = IdOf<PatientId>("patient"),
            Domain = Optional("domain") is { } domain ? (Domain)int.Parse(domain, CultureInfo.InvariantCulture) : null,
            Purpose = Optional("purpose"),
            Ground = Optional("ground"),
            Detail = Optional("detail"),
        };

        string? Optional(string name) => fields.TryGetProperty(name, out var value) ? value.GetString() : null;
        T? IdOf<T>(string name) where T : struct, IId<T> => Optional(name) is { } text ? Id.Parse<T>(text) : null;
    }

    [Fact]
    public void Signed_requests_are_read_as_written_whoever_wrote_them()
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(Requests.Hex("publicKey"), out _);
        var requests = Requests.GetProperty("requests").EnumerateArray().ToArray();
        foreach (var vector in requests)
        {
            var message = Encoding.UTF8.GetBytes(vector.Text("message"));
            Assert.True(key.VerifyData(message, vector.Hex("signature"), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
            Assert.Equal(SignedRequest.CurrentVersion, JsonSerializer.Deserialize<SignedRequest>(message, WireJson.Options)!.Version);
        }
        var person = JsonSerializer.Deserialize<SignedRequest>(requests[0].Text("message"), WireJson.Options)!;
        var ask = person.Body.Deserialize<ReleaseKeys>(WireJson.Options)!;
        Assert.Equal([Domain.Clinical, Domain.Results], ask.Domains);
        // What this side writes is, byte for byte, the first vector.
        Assert.Equal(requests[0].Text("message"), Encoding.UTF8.GetString(RequestBytes.Of(ReleaseVerbs.Release, person.Cell, person.Session, null, person.Counter, person.Expires, ask)));
        var machine = JsonSerializer.Deserialize<SignedRequest>(requests[1].Text("message"), WireJson.Options)!;
        Assert.Equal(requests[1].Text("message"), Encoding.UTF8.GetString(RequestBytes.Of(ReleaseVerbs.EncryptOnly, machine.Cell, null, machine.Client, machine.Counter, machine.Expires, machine.Body.Deserialize<EncryptOnly>(WireJson.Options)!)));
    }

    [Fact]
    public void A_machines_request_is_verified_once_and_not_with_a_bit_changed()
    {
        var vector = Requests.GetProperty("requests")[1];
        var message = Encoding.UTF8.GetBytes(vector.Text("message"));
        var request = JsonSerializer.Deserialize<SignedRequest>(message, WireJson.Options)!;
        var now = DateTimeOffset.FromUnixTimeMilliseconds(request.Expires).AddSeconds(-30);
        var clients = new MachineClients((_, _) => { });
        clients.Add(new MachineClient(request.Client!.Value, "essai", Requests.Hex("publicKey"), ["encrypt"], false), now);
        var key = clients.KeyOf(request.Client.Value);
        Assert.True(SigningKey.Holds(key, message, vector.Hex("signature")));
        Assert.False(SigningKey.Holds(key, message, Flipped(vector.Hex("signature"))));
        Assert.False(SigningKey.Holds(key, Flipped(message), vector.Hex("signature")));
        Assert.Equal("essai", clients.Accept(request, now).Name);
        Assert.Equal(RefusalCodes.Replayed, Assert.Throws<RefusedException>(() => clients.Accept(request, now)).Refusal.Code);
    }

    [Theory]
    [InlineData("{\"v\":\"serment-request-1\",\"cell\":\"c\",\"verb\":\"x\",\"body\":{},\"extra\":1}")]
    [InlineData("{\"v\":\"serment-request-1\",\"cell\":\"c\",\"cell\":\"d\",\"verb\":\"x\",\"body\":{}}")]
    [InlineData("{\"v\":\"serment-request-1\",\"cell\":\"c\",\"verb\":\"x\",\"counter\":\"5\",\"body\":{}}")]
    [InlineData("{\"v\":\"serment-request-1\",\"cell\":\"c\",\"body\":{}}")]
    [InlineData("{\"v\":\"serment-request-1\",\"cell\":\"c\",\"session\":\"22\",\"verb\":\"x\",\"body\":{}}")]
    public void A_request_with_a_member_too_many_twice_missing_or_of_another_kind_is_not_read(string message) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<SignedRequest>(message, WireJson.Options));

    [Fact]
    public void The_challenge_binds_the_session_key_as_written()
    {
        var vector = Requests.GetProperty("challenge");
        Assert.Equal(vector.Text("challenge"), Convert.ToHexStringLower(WebAuthn.Challenge(vector.Text("cell"), vector.Text("purpose"), vector.Hex("nonce"), vector.Hex("sessionKey"))));
    }

    [Fact]
    public void A_downtime_pack_and_the_receipt_of_its_opening_are_signed_as_written()
    {
        var (pack, at) = (Id.Parse<ApprovalId>(Pack.Text("pack")), DateTimeOffset.FromUnixTimeMilliseconds(Pack.GetProperty("at").GetInt64()));
        var (cell, keys, opening, seed) = (Pack.Text("cell"), Pack.Hex("keys"), Pack.Hex("opening"), Pack.Hex("signingSeed"));
        Assert.Equal(Pack.Text("text"), PackKeys.NoteText(cell, pack, at, keys));
        Assert.Equal(Pack.Text("note"), RecipientSeal.Note(Pack.Text("text"), seed, $"serment/{cell}"));
        Assert.Equal(Pack.Text("receiptText"), OpeningReceipt.NoteText(cell, pack, opening));
        Assert.Equal(Pack.Text("receipt"), RecipientSeal.Note(Pack.Text("receiptText"), seed, $"serment/{cell}"));
        Assert.Equal(Pack.Text("opening"), Convert.ToHexStringLower(JsonSerializer.SerializeToUtf8Bytes(JsonSerializer.Deserialize<PackOpening>(opening, WireJson.Options), WireJson.Options)));
        Assert.Equal(Pack.Text("sightingSigned"), Convert.ToHexStringLower([.. Encoding.UTF8.GetBytes(PackSighting.Prefix), .. JsonSerializer.SerializeToUtf8Bytes(JsonSerializer.Deserialize<PackSighting>(Pack.Hex("sighting"), WireJson.Options), WireJson.Options)]));

        // As the device reads them: nothing in it can be another.
        var key = NoteKey.Parse(Pack.Text("verifierKey"), "");
        var read = new ReadPack(pack, at, keys, Pack.Text("note"), [], []);
        Assert.Same(read, read.Checked(key));
        foreach (var other in new[] { read with { At = at.AddMilliseconds(1) }, read with { Keys = Flipped(keys) }, read with { Pack = Id.New<ApprovalId>() }, read with { Note = Pack.Text("receipt") } }) Assert.Throws<RefusedException>(() => other.Checked(key));
    }

    [Fact]
    public void Frames_between_two_custodians_are_as_written_in_both_directions_and_in_their_order()
    {
        using var tree = new KeyTree(Keys.Hex("establishmentKey"), Keys.Text("cell"));
        var (key, followers, leaders) = (tree.Standby(), Standby.Hex("followersNonce"), Standby.Hex("leadersNonce"));
        Assert.Equal(Standby.Text("standbyKey"), Convert.ToHexStringLower(key));
        var told = Standby.GetProperty("hello");
        var progress = new Progress(followers, told.GetProperty("number").GetInt64(), told.GetProperty("entries").GetInt64(), told.Hex("lastBatch"), told.GetProperty("state").GetInt64());
        var hello = Session.Hello(key, progress.ToBytes());
        Assert.Equal((told.Text("body"), told.Text("mac")), (Convert.ToHexStringLower(hello.Body.Span), Convert.ToHexStringLower(hello.Mac.Span)));
        Assert.True(Session.Holds(key, hello));

        var rows = Standby.GetProperty("rows").EnumerateArray().Select(row => (row.Text("kind"), row.Text("id"), row.Hex("sealed"))).ToArray();
        Assert.Equal(Standby.GetProperty("leader")[1].Text("body"), Convert.ToHexStringLower(StateFrame.Of(Standby.GetProperty("transaction").GetInt64(), rows)));
        foreach (var (from, own, other) in new[] { ("leader", Session.OfLeader(key, followers, leaders), Session.OfFollower(key, followers, leaders)), ("follower", Session.OfFollower(key, followers, leaders), Session.OfLeader(key, followers, leaders)) })
        {
            var frames = Standby.GetProperty(from).EnumerateArray().ToArray();
            for (var i = 0; i < frames.Length; i++)
            {
                var (kind, body) = ((FrameKind)frames[i].GetProperty("kind").GetInt32(), frames[i].Hex("body"));
                var (number, frame) = own.Seal(kind, body);
                Assert.Equal((i + 1L, frames[i].Text("mac")), (number, Convert.ToHexStringLower(frame.Mac.Span)));
                Assert.Equal(kind, other.Open(frame).Kind);
            }
            // Said again, or left out one: not the next.
            var (_, skipped) = own.Seal(FrameKind.Beat, default);
            var (_, next) = own.Seal(FrameKind.Beat, default);
            Assert.Throws<InvalidDataException>(() => other.Open(next));
            Assert.Throws<InvalidDataException>(() => other.Open(skipped));
        }
    }

    private static byte[] Flipped(byte[] bytes) => Flipped(bytes, bytes.Length / 2);

    private static byte[] Flipped(byte[] bytes, int at)
    {
        var changed = bytes.ToArray();
        changed[at] ^= 1;
        return changed;
    }
}
