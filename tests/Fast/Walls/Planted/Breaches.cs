#pragma warning disable IDE0060, CA1812, CA1822, CA1852, CA1805 // breaches, each on purpose, for the walls to find
namespace Serment.Fast.Tests.Walls.Planted.Records.Stays
{
    public sealed record Bed(int Number);

    public sealed class StaysDoor
    {
        public Bed? Take(int number) => new(number);
    }

    public sealed class Ledger
    {
        internal static int Beds { get; set; }
    }
}

namespace Serment.Fast.Tests.Walls.Planted.Records.Notes
{
    public sealed class NotesDoor
    {
        /// <summary>Allowed: the door, and what it shows.</summary>
        public static Stays.Bed? Allowed() => new Stays.StaysDoor().Take(1);
    }

    public sealed class SideDoor;

    internal sealed class PastTheDoor
    {
        public static int Reach() => Stays.Ledger.Beds;
    }

    internal sealed class PastTheDoorLater
    {
        public static async Task<int> ReachAsync()
        {
            await Task.Yield();
            return new[] { 1 }.Select(one => one + Stays.Ledger.Beds).Sum();
        }
    }

    internal sealed class Writer
    {
        public static async Task<bool> WriteAsync()
        {
            await Task.Yield();
            return File.Exists("nowhere");
        }
    }

    internal sealed class Caller
    {
        public static Func<HttpClient> Make { get; } = () => new HttpClient();
    }

    internal sealed class Knower
    {
        public static string Name => Custodian.Wire.ReleaseVerbs.Release.Name;
    }
}

namespace Serment.Fast.Tests.Walls.Planted.Kernel
{
    internal sealed class Calculator
    {
        public static int Twice(int number) => 2 * number;
    }

    internal sealed class Reader
    {
        public static string Text() => File.ReadAllText("nowhere");
    }

    internal sealed class Asker
    {
        public static string Name => Custodian.Wire.ReleaseVerbs.Release.Name;
    }
}

namespace Serment.Fast.Tests.Walls.Planted.Naming
{
    internal sealed class SessionManager;

    internal static class DateHelpers;

    internal sealed class Stay;
}

namespace Serment.Fast.Tests.Walls.Planted.Surfaces
{
    public sealed record Census(IReadOnlyList<Found> People);

    public sealed record Found(string Bed, Serment.Custodian.Wire.IdentityLine Who);

    public static class PlantedVerbs
    {
        public static readonly Serment.Custodian.Wire.Verb<Serment.Custodian.Wire.Nothing, Census> Census = new("planted.census");
        public static readonly Serment.Custodian.Wire.Verb<Serment.Custodian.Wire.EncryptOnly, Serment.Custodian.Wire.Done> Keys = new("planted.keys");
        public static readonly Serment.Custodian.Wire.Verb<Serment.Custodian.Wire.AccessesOf, Serment.Custodian.Wire.Done> One = new("planted.one");
    }

    public sealed class CensusDoor
    {
        public Task<IReadOnlyDictionary<BedId, Found>> EverybodyAsync() => throw new NotSupportedException();

        public Task<Found> OneAsync() => throw new NotSupportedException();
    }
}
