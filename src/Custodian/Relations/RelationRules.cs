using Serment.Custodian.Accounts;

namespace Serment.Custodian.Relations;

/// <summary>Whom a relation lets in: the members of a unit, one account, or nobody but by the Custodian's own doing.</summary>
internal enum RelationScope { Unit, Account, Own }

/// <summary>Where a relation comes from: what the Custodian sees by itself, a screen that states it, or <see cref="RelationVerbs.State"/> alone until its room exists.</summary>
internal enum RelationFeed { Seen, Screen, Verb }

/// <summary>How one kind of relation is made and how long it can last.</summary>
/// <param name="Life">From the moment that it is stated; a later end is shortened to it. Null: as long as the stay.</param>
internal sealed record RelationRule(RelationSource Source, RelationScope Scope, TimeSpan? Life, RelationFeed Feed)
{
    public bool Stated => Feed is not RelationFeed.Seen;
}

/// <summary>Every kind of relation, one row each. docs/relations.md says the same, and a test compares them.</summary>
internal static class RelationRules
{
    public static IReadOnlyList<RelationRule> All { get; } =
    [
        new(RelationSource.Stay, RelationScope.Unit, null, RelationFeed.Seen),
        new(RelationSource.ExpectedArrival, RelationScope.Unit, TimeSpan.FromDays(7), RelationFeed.Seen),
        new(RelationSource.Appointment, RelationScope.Unit, TimeSpan.FromDays(90), RelationFeed.Verb),
        new(RelationSource.Referral, RelationScope.Unit, TimeSpan.FromDays(30), RelationFeed.Screen),
        new(RelationSource.MobileTeam, RelationScope.Unit, TimeSpan.FromDays(30), RelationFeed.Screen),
        new(RelationSource.TheatreProgramme, RelationScope.Unit, TimeSpan.FromDays(7), RelationFeed.Verb),
        new(RelationSource.Anaesthesia, RelationScope.Unit, TimeSpan.FromDays(30), RelationFeed.Verb),
        new(RelationSource.PharmacyQueue, RelationScope.Unit, TimeSpan.FromDays(7), RelationFeed.Verb),
        new(RelationSource.LaboratoryQueue, RelationScope.Unit, TimeSpan.FromDays(14), RelationFeed.Verb),
        new(RelationSource.ImagingQueue, RelationScope.Unit, TimeSpan.FromDays(14), RelationFeed.Verb),
        new(RelationSource.CodingQueue, RelationScope.Unit, TimeSpan.FromDays(60), RelationFeed.Verb),
        new(RelationSource.BillingQueue, RelationScope.Unit, TimeSpan.FromDays(90), RelationFeed.Verb),
        new(RelationSource.Secretariat, RelationScope.Account, TimeSpan.FromDays(30), RelationFeed.Screen),
        new(RelationSource.Handover, RelationScope.Account, TimeSpan.FromHours(24), RelationFeed.Screen),
        new(RelationSource.Author, RelationScope.Own, TimeSpan.FromDays(90), RelationFeed.Seen),
        new(RelationSource.BreakGlass, RelationScope.Own, TimeSpan.FromHours(12), RelationFeed.Seen),
        new(RelationSource.Desk, RelationScope.Own, TimeSpan.Zero, RelationFeed.Seen),
        new(RelationSource.EmergencyBoard, RelationScope.Unit, TimeSpan.FromHours(48), RelationFeed.Verb),
        new(RelationSource.Newborn, RelationScope.Unit, TimeSpan.FromDays(60), RelationFeed.Screen),
    ];

    /// <exception cref="RefusedException">Not a source that is stated, or a scope that is not its own.</exception>
    public static RelationRule Check(StateRelation ask)
    {
        var rule = Of(ask.Source);
        if (!rule.Stated || (rule.Scope is RelationScope.Unit) != (ask.Unit is not null) || (rule.Scope is RelationScope.Account) != (ask.Account is not null))
            throw new RefusedException(RefusalCodes.Invalid, "Ce lien de soin ne se déclare pas ainsi.");
        return rule;
    }

    /// <summary>What makes someone stand before a desk.</summary>
    public static bool Brings(RelationSource source) =>
        source is RelationSource.Stay or RelationSource.ExpectedArrival or RelationSource.Appointment or RelationSource.EmergencyBoard;

    /// <summary>
    /// Whether a patient who is given from hand to hand is a claim in the receiver's hands too: the giver has him by his own claim or by broken glass.
    /// A desk that sends to a unit claims nobody; the queues stay open, since who works there has no glass to break.
    /// </summary>
    public static bool HandsOn(StateRelation ask, Role giver, Ground? ground) =>
        Of(ask.Source).Feed is RelationFeed.Screen && !(RoleAccess.IsDesk(giver) && ask.Unit is not null) && ground is (null or { SelfClaimed: true } or { Relation.Source: RelationSource.BreakGlass });

    public static RelationRule Of(RelationSource source) => All.First(rule => rule.Source == source);
}
