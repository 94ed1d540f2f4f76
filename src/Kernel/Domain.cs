using System.Text.Json.Serialization;

namespace Serment.Kernel;

/// <summary>The kinds of data of a patient's file that have a key of their own.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Domain>))]
public enum Domain
{
    /// <summary>Address, phones, e-mail, contacts, coverage.</summary>
    Administrative = 1,
    Clinical = 2,
    Medication = 3,
    Results = 4,
    /// <summary>Codes and billing.</summary>
    Activity = 5,
    /// <summary>Genetics and protected files: one record key per touch, the domain key never leaves.</summary>
    Sensitive = 6,
    /// <summary>The identity line itself: not a key, a kind of data in budgets and journal.</summary>
    Identity = 7,
}

/// <summary>What someone does here. Which role opens which domain is data: see RolePolicy in the Custodian.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Role>))]
public enum Role
{
    AdmissionsClerk = 1,
    Nurse,
    Physician,
    Pharmacist,
    Laboratory,
    MedicalSecretary,
    SocialWorker,
    Orderly,
    Coder,
    Biller,
    PrivacyOfficer,
    SecurityOfficer,
    Administrator,
    Director,
    /// <summary>The vendor's: reads nothing without a ticket.</summary>
    Support,
}
