using Serment.Custodian.Accounts;

namespace Serment.Fast.Tests.Relations;

/// <summary>What is left out, to see that the measure notices.</summary>
internal enum Missing { Nothing, HousingUnits, Duties, Queues }

/// <summary>
/// May 2026, the French month with the most bank holidays, after three weeks that fill wards, queues and budgets. See
/// <see cref="SimulatedMonthTests"/> for where each number comes from.
/// </summary>
internal sealed class SimulatedMonth
{
    public static readonly DateOnly First = new(2026, 5, 1), Last = new(2026, 5, 30);
    private static readonly DateOnly Start = First.AddDays(-21);
    private static readonly int[] Holidays = [1, 8, 14, 15, 25];
    private const int Medicine = 0, Cardiology = 1, Emergency = 2, IntensiveCare = 3, Orthopaedics = 4, Digestive = 5, DaySurgery = 6, Geriatrics = 7, Maternity = 8;
    private const int Pharmacy = 9, Laboratory = 10, Coding = 11, Billing = 12;
    /// <summary>Days of a stay on average; the day unit sends home in the evening.</summary>
    private static readonly double[] Length = [6, 4, 1, 3, 5, 4, 0, 10, 4];
    private static readonly int[][] Sites = [[0, 1, 2, 3], [4, 5, 6], [7, 8]];

    private sealed class Guest
    {
        public readonly StayId Stay = Id.New<StayId>();
        public required PatientId Patient;
        public int Unit, Housing;
        public bool Here;
    }

    private readonly SimulatedClinic _clinic = new();
    private readonly Missing _missing;
    private readonly Account[][] _nurses;
    private readonly Account[] _physicians, _clerks;
    private readonly Account _pharmacist, _laboratory, _secretary, _social, _coder, _biller;
    private readonly List<Guest> _guests = [];
    private readonly PatientId[] _base = [.. Enumerable.Range(0, 2000).Select(_ => Id.New<PatientId>())];
    private readonly Dictionary<(int Unit, DateOnly Day, bool Night), Account> _covers = [];
    private readonly List<PatientId> _toValidate = [], _letters = [];
    private readonly List<(PatientId Patient, DateOnly Due)> _toCode = [], _toBill = [];
    private ulong _state = 20260501;
    private int _spread;

    public SimulatedMonth(Missing missing = Missing.Nothing)
    {
        _missing = missing;
        var staff = _clinic.Accounts.All.ToArray();
        _nurses = [.. SimulatedClinic.Units.Take(9).Select(unit => staff.Where(a => a.Role is Role.Nurse && a.Units.Contains(unit.Unit)).OrderBy(a => a.Title.Contains("nuit", StringComparison.Ordinal)).ToArray())];
        _physicians = [.. SimulatedClinic.Units.Take(9).Select(unit => staff.Single(a => a.Role is Role.Physician && a.Units.Contains(unit.Unit)))];
        _clerks = [.. staff.Where(a => a.Role is Role.AdmissionsClerk)];
        (_pharmacist, _laboratory, _secretary) = (One(Role.Pharmacist), One(Role.Laboratory), One(Role.MedicalSecretary));
        (_social, _coder, _biller) = (One(Role.SocialWorker), One(Role.Coder), One(Role.Biller));
        Account One(Role role) => staff.Single(a => a.Role == role);
    }

    public SimulatedClinic Run()
    {
        _clinic.Know(_base, At(Start.AddDays(-30), 0));
        for (var unit = 0; unit < 9; unit++)
            for (var bed = 0; unit != DaySurgery && bed < SimulatedClinic.Units[unit].Beds.Count; bed++)
            {
                var here = unit;
                _clinic.Plan(At(Start, 0), () => Admit(Someone(), here, null));
            }
        for (var day = Start; day <= Last; day = day.AddDays(1)) Day(day);
        _clinic.RunUntil(At(Last.AddDays(1), 0));
        return _clinic;
    }

    private void Day(DateOnly day)
    {
        Covers(day);
        foreach (var hour in new[] { 8.0, 14 }) _clinic.Plan(At(day, hour), () => NursesRound(day, night: false));
        foreach (var hour in new[] { 21.0, 29 }) _clinic.Plan(At(day, hour), () => NursesRound(day, night: true));
        for (var unit = 0; unit < 9; unit++)
        {
            var here = unit;
            _clinic.Plan(At(day, 9.5), () => PhysicianRound(here));
            _clinic.Plan(At(day, 23), () => { foreach (var guest in Of(here)) if (Chance(0.12)) _clinic.Open(Physician(here), guest.Patient, "night call", urgent: true); });
        }
        Times(36, () => { var hour = Chance(0.75) ? 8 + 12 * Next() : 20 + 12 * Next(); _clinic.Plan(At(day, hour), Visit); });
        _clinic.Plan(At(day, 17), Elsewhere);
        _clinic.Plan(At(day, 11), Transfers);
        if (!Open(day)) return;
        foreach (var (unit, many) in new[] { (Orthopaedics, 2.2), (Digestive, 2.6), (DaySurgery, 6), (Cardiology, 0.8), (Medicine, 0.5), (Maternity, 2.0), (Geriatrics, 0.4) }) Times(many, () => Planned(day, unit));
        foreach (var unit in new[] { Medicine, Cardiology, Orthopaedics, Digestive, Geriatrics, Maternity }) Times(5, () => Outpatient(day, unit));
        Times(10, () => _clinic.Plan(At(day, 9 + 8 * Next()), () => _clinic.Open(Chance(0.6) ? Clerk() : _secretary, Someone(), "phone", domain: Domain.Administrative)));
        Times(0.7, () => _clinic.Plan(At(day, 9 + 8 * Next()), () => _clinic.Open(Physician(Pick(9)), _base[Pick(_base.Length)], "a practitioner calls about someone seen long ago", urgent: Chance(0.7))));
        foreach (var hour in new[] { 11.0, 16 }) _clinic.Plan(At(day, hour), () => Empty(_toValidate, patient => _clinic.Open(_pharmacist, patient, "prescription to validate", write: true, urgent: true)));
        _clinic.Plan(At(day, 10), () => Empty(_letters, patient => _clinic.Open(_secretary, patient, "letter", domain: Domain.Clinical)));
        _clinic.Plan(At(day, 14), () => Due(_toCode, 40, patient =>
        {
            if (_clinic.Open(_coder, patient, "stay to code", write: true)) Bill(_coder, patient);
        }));
        _clinic.Plan(At(day, 15), () => Due(_toBill, 80, patient => _clinic.Open(_biller, patient, "stay to bill")));
    }

    // Duties

    /// <summary>Two nurses a unit do not fill a month: two days in seven a nurse of a neighbouring unit takes the shift, on a duty that the unit gives; one in twenty forgets until it is missed.</summary>
    private void Covers(DateOnly day) => _clinic.Plan(At(day, -6), () =>
    {
        foreach (var night in new[] { false, true })
        {
            var taken = new HashSet<AccountId>();
            for (var unit = 0; unit < 9; unit++)
                if (Off(unit, day, night))
                {
                    var pool = Enumerable.Range(1, 8).Select(step => (unit + step) % 9).Where(other => !Off(other, day, night)).Select(other => _nurses[other][night ? 1 : 0]).First(nurse => taken.Add(nurse.Id));
                    _covers[(unit, day, night)] = pool;
                    Give(unit, pool, At(day, night ? 18.75 : 6.75), 12.5);
                }
        }
        foreach (var site in Sites)
            foreach (var unit in site)
            {
                var onCall = OnCall(unit, day);
                if (!Open(day)) Give(unit, onCall, At(day, 7), 11);
                Give(unit, onCall, At(day, 18), 7);
                Give(unit, onCall, At(day, 25), 7);
            }
    });

    private void Give(int unit, Account to, DateTimeOffset from, double hours)
    {
        if (to.Units.Contains(SimulatedClinic.Units[unit].Unit) || _missing is Missing.Duties) return;
        var giver = _physicians[unit];
        // Forgotten: given when somebody of the unit is asked for it, three hours into the shift.
        _clinic.Plan(Chance(0.05) ? from.AddHours(3) : _clinic.Now, () => _clinic.Accounts.GiveDuty(giver, new GiveDuty(to.Id, SimulatedClinic.Units[unit].Unit, from, from.AddHours(hours)), SimulatedClinic.Units[unit].Name, _clinic.Now));
    }

    private static bool Off(int unit, DateOnly day, bool night) => (day.DayNumber + 3 * unit + (night ? 2 : 0)) % 7 < 2;

    private Account Nurse(int unit, DateOnly day, bool night) => _covers.GetValueOrDefault((unit, day, night)) ?? _nurses[unit][night ? 1 : 0];

    private Account NurseNow(int unit)
    {
        var hour = (_clinic.Now - At(_clinic.Today, 0)).TotalHours;
        return hour is >= 7 and < 19 ? Nurse(unit, _clinic.Today, false) : Nurse(unit, hour < 7 ? _clinic.Today.AddDays(-1) : _clinic.Today, true);
    }

    /// <summary>One physician of the site for the night, the weekend and the holidays.</summary>
    private Account OnCall(int unit, DateOnly day) => _physicians[Sites.First(site => site.Contains(unit)) is var units ? units[day.DayNumber % units.Length] : 0];

    private Account Physician(int unit)
    {
        var hour = (_clinic.Now - At(_clinic.Today, 0)).TotalHours;
        return Open(_clinic.Today) && hour is >= 8 and < 18 ? _physicians[unit] : OnCall(unit, hour < 8 ? _clinic.Today.AddDays(-1) : _clinic.Today);
    }

    private Account Clerk() => _clerks[(_clinic.Today.DayNumber + ((_clinic.Now - At(_clinic.Today, 0)).TotalHours > 13.5 ? 1 : 0)) % 2];

    private bool DeskStaffed => (_clinic.Now - At(_clinic.Today, 0)).TotalHours is >= 7 and < 20;

    // The wards

    private void NursesRound(DateOnly day, bool night)
    {
        for (var unit = 0; unit < 9; unit++)
        {
            var nurse = Nurse(unit, day, night);
            _clinic.List(nurse, _guests.Where(g => g.Here && g.Housing == unit).Select(g => g.Patient));
            OneByOne(_guests.Where(g => g.Here && g.Housing == unit), guest =>
            {
                if (!guest.Here) return;
                _clinic.Open(nurse, guest.Patient, "round", write: true, urgent: true);
                // The wrong line of a list, once in five hundred.
                if (Chance(0.002)) _clinic.Open(nurse, Someone(), "mistaken for another");
            });
        }
    }

    private void PhysicianRound(int unit)
    {
        var (physician, open) = (Physician(unit), Open(_clinic.Today));
        OneByOne(Of(unit).Where(_ => open || Chance(0.4)), guest =>
        {
            if (!guest.Here) return;
            _clinic.Open(physician, guest.Patient, "round", write: Chance(0.7), urgent: true);
            if (Chance(0.4)) Prescribe(physician, guest.Patient);
            if (Chance(0.45)) Examine(physician, guest.Patient, unit);
            if (open && Chance(0.08)) Advice(physician, guest.Patient);
            if (open && Chance(0.06)) Social(unit, guest.Patient);
            if (open && Chance(0.02) && _clinic.State(physician, RelationSource.MobileTeam, guest.Patient, SimulatedClinic.Units[Geriatrics].Unit)) Later(4, () => _clinic.Open(Physician(Geriatrics), guest.Patient, "mobile team", write: true));
        });
    }

    private void Prescribe(Account physician, PatientId patient)
    {
        Queue(physician, RelationSource.PharmacyQueue, patient, Pharmacy);
        _toValidate.Add(patient);
    }

    private void Examine(Account physician, PatientId patient, int unit)
    {
        Queue(physician, RelationSource.LaboratoryQueue, patient, Laboratory);
        Later(1 + 3 * Next(), () => _clinic.Open(_laboratory, patient, "request", write: true));
        Later(5, () => _clinic.Open(Physician(unit), patient, "results", domain: Domain.Results));
    }

    /// <summary>One advice in seven is asked in a corridor and written down nowhere.</summary>
    private void Advice(Account physician, PatientId patient)
    {
        var asked = new[] { Cardiology, Medicine, Digestive, Orthopaedics, Geriatrics, IntensiveCare }[Pick(6)];
        if (!Chance(0.15)) _clinic.State(physician, RelationSource.Referral, patient, SimulatedClinic.Units[asked].Unit);
        Later(3, () => _clinic.Open(Physician(asked), patient, "advice", write: true, urgent: Chance(0.5)));
    }

    private void Social(int unit, PatientId patient)
    {
        if (!Chance(0.1)) _clinic.State(NurseNow(unit), RelationSource.Referral, patient, SimulatedClinic.Units[Medicine].Unit);
        Later(4, () => _clinic.Open(_social, patient, "social worker", write: true));
    }

    private void Queue(Account by, RelationSource source, PatientId patient, int unit)
    {
        if (_missing is not Missing.Queues) _clinic.State(by, source, patient, SimulatedClinic.Units[unit].Unit);
    }

    // Coming, moving, leaving

    /// <summary>A visit to the emergency unit: by day the desk registers it, at night the nurse who receives it.</summary>
    private void Visit()
    {
        var guest = new Guest { Patient = Someone(), Unit = Emergency, Housing = Emergency };
        var desk = DeskStaffed;
        var host = desk ? Clerk() : NurseNow(Emergency);
        if (desk) _clinic.State(host, RelationSource.EmergencyBoard, guest.Patient, SimulatedClinic.Units[Emergency].Unit);
        else Move(guest, "present", host);
        _clinic.Open(host, guest.Patient, "registration", write: true);
        Later(0.2, () => _clinic.Open(NurseNow(Emergency), guest.Patient, "triage", write: true, urgent: true));
        Later(1, () =>
        {
            _clinic.Open(Physician(Emergency), guest.Patient, "visit", write: true, urgent: true);
            if (Chance(0.35)) Examine(Physician(Emergency), guest.Patient, Emergency);
        });
        Later(4, () =>
        {
            if (Chance(0.15)) { Admit(guest.Patient, new[] { Emergency, Emergency, Medicine, Medicine, Cardiology, Digestive, Orthopaedics, Geriatrics, IntensiveCare }[Pick(9)], DeskStaffed ? Clerk() : NurseNow(Emergency)); return; }
            Bill(DeskStaffed ? Clerk() : NurseNow(Emergency), guest.Patient);
            if (!desk) Move(guest, "discharged", NurseNow(Emergency));
        });
    }

    /// <summary>Booked 3 to 14 days ahead; operated on with a consultation, a programme and a recovery room.</summary>
    private void Planned(DateOnly booked, int unit) => _clinic.Plan(At(booked, 9 + 8 * Next()), () =>
    {
        var guest = new Guest { Patient = Someone(), Unit = unit, Housing = unit };
        var comes = NextOpen(booked.AddDays(3 + Pick(12)));
        Move(guest, "expected", Clerk(), At(comes, 8));
        _clinic.Open(Clerk(), guest.Patient, "pre-admission", write: true);
        if (unit is Orthopaedics or Digestive or DaySurgery)
        {
            _clinic.State(Clerk(), RelationSource.Appointment, guest.Patient, SimulatedClinic.Units[IntensiveCare].Unit);
            _clinic.Plan(At(NextOpen(booked.AddDays(1)), Around(15)), () =>
            {
                _clinic.Open(_physicians[IntensiveCare], guest.Patient, "anaesthesia consultation", write: true);
                _clinic.State(_physicians[IntensiveCare], RelationSource.Anaesthesia, guest.Patient, SimulatedClinic.Units[IntensiveCare].Unit);
            });
            _clinic.Plan(At(comes.AddDays(-1), 16), () => _clinic.State(_physicians[unit], RelationSource.TheatreProgramme, guest.Patient, SimulatedClinic.Units[IntensiveCare].Unit));
            _clinic.Plan(At(comes, Around(11)), () =>
            {
                _clinic.Open(_physicians[IntensiveCare], guest.Patient, "operation", write: true, urgent: true);
                Later(0.05, () => _clinic.Open(NurseNow(IntensiveCare), guest.Patient, "recovery room", write: true, urgent: true));
            });
        }
        _clinic.Plan(At(comes.AddDays(-1), Around(15)), () => _clinic.Open(NurseNow(unit), guest.Patient, "call of the day before"));
        _clinic.Plan(At(comes, 7.5 + 2 * Next()), () => Admit(guest.Patient, unit, Clerk(), guest));
    });

    private void Admit(PatientId patient, int unit, Account? by, Guest? expected = null)
    {
        var guest = expected ?? new Guest { Patient = patient };
        (guest.Unit, guest.Housing, guest.Here) = (unit, BedFor(unit), true);
        Move(guest, "present", by);
        _guests.Add(guest);
        if (by is not null) _clinic.Open(by, patient, "admission", write: true);
        if (by is not null) Later(1, () =>
        {
            _clinic.Open(NurseNow(guest.Housing), patient, "welcome", write: true, urgent: true);
            _clinic.Open(Physician(unit), patient, "admission", write: true, urgent: true);
            Prescribe(Physician(unit), patient);
        });
        // The emergency team is called to 25 of 1,000 who are admitted.
        if (Chance(0.025)) _clinic.Plan(_clinic.Now.AddDays(Length[unit] * Next()), () => Emergencies(guest));
        if (unit is DaySurgery) _clinic.Plan(At(_clinic.Today, Around(17.5)), () => Leave(guest));
        else _clinic.Plan(At(_clinic.Today.AddDays(Math.Max(1, (int)Math.Round(Length[unit] * (0.4 + 1.2 * Next())))), 10 + 5 * Next()), () => Leave(guest));
    }

    private void Emergencies(Guest guest)
    {
        if (!guest.Here || guest.Housing == IntensiveCare) return;
        _clinic.Open(Physician(IntensiveCare), guest.Patient, "emergency in the corridor", write: true, urgent: true);
        _clinic.Open(NurseNow(IntensiveCare), guest.Patient, "emergency in the corridor", write: true, urgent: true);
        if (Chance(0.4)) { (guest.Unit, guest.Housing) = (IntensiveCare, BedFor(IntensiveCare)); Move(guest, "present", Physician(IntensiveCare)); }
    }

    private void Transfers()
    {
        foreach (var guest in _guests.Where(g => g.Here && g.Unit is not (DaySurgery or Maternity)).ToArray())
        {
            // Out of intensive care and the emergency beds one goes on to a ward.
            if (!Chance(guest.Unit is IntensiveCare or Emergency ? 0.3 : 0.03)) continue;
            var left = guest.Unit;
            guest.Unit = new[] { Medicine, Cardiology, Digestive, Orthopaedics, Geriatrics }[Pick(5)];
            guest.Housing = BedFor(guest.Unit);
            Move(guest, "present", NurseNow(left));
            if (Chance(0.3)) Later(24 + 72 * Next(), () => _clinic.Open(Physician(left), guest.Patient, "news of a patient who was transferred"));
        }
    }

    /// <summary>Who lies elsewhere goes back to his unit when it has a bed.</summary>
    private void Elsewhere()
    {
        foreach (var guest in _guests.Where(g => g.Here && g.Housing != g.Unit).ToArray())
            if (BedFor(guest.Unit) == guest.Unit && Chance(0.5)) { guest.Housing = guest.Unit; Move(guest, "present", NurseNow(guest.Unit)); }
    }

    private void Leave(Guest guest)
    {
        if (!guest.Here) return;
        guest.Here = false;
        _guests.Remove(guest);
        var (patient, unit, by) = (guest.Patient, guest.Unit, DeskStaffed && Open(_clinic.Today) ? Clerk() : NurseNow(guest.Housing));
        Move(guest, "discharged", by);
        _clinic.Open(by, patient, "papers of the way out");
        var physician = Physician(unit);
        _clinic.Open(physician, patient, "lets go home", write: true, urgent: true);
        _clinic.State(physician, RelationSource.Secretariat, patient, null, _secretary.Id);
        _letters.Add(patient);
        _clinic.Plan(At(NextOpen(_clinic.Today.AddDays(1 + Pick(7))), Around(17)), () => _clinic.Open(physician, patient, "letter to sign", write: true));
        var late = Chance(0.08);
        if (late) Queue(physician, RelationSource.LaboratoryQueue, patient, Laboratory);
        if (late) _clinic.Plan(At(_clinic.Today.AddDays(2 + Pick(4)), Around(12)), () =>
        {
            _clinic.Open(_laboratory, patient, "result after discharge", write: true);
            _clinic.Plan(At(NextOpen(_clinic.Today.AddDays(1)), Around(10)), () => _clinic.Open(_physicians[unit], patient, "result after discharge", domain: Domain.Results));
        });
        if (Chance(0.05)) _clinic.Plan(At(NextOpen(_clinic.Today.AddDays(20 + Pick(25))), 16), () => _clinic.Open(physician, patient, "the family's practitioner calls"));
        Queue(by, RelationSource.CodingQueue, patient, Coding);
        _toCode.Add((patient, _clinic.Today.AddDays(2 + Pick(19))));
        // Readmitted within the month.
        if (Chance(0.1)) _clinic.Plan(At(_clinic.Today.AddDays(2 + Pick(28)), 8 + 10 * Next()), () => Admit(patient, unit is DaySurgery ? Digestive : unit, Clerk()));
    }

    private void Outpatient(DateOnly booked, int unit) => _clinic.Plan(At(booked, 9 + 8 * Next()), () =>
    {
        var patient = Someone();
        _clinic.State(Clerk(), RelationSource.Appointment, patient, SimulatedClinic.Units[unit].Unit);
        _clinic.Open(Chance(0.5) ? Clerk() : _secretary, patient, "appointment", domain: Domain.Administrative);
        _clinic.Plan(At(NextOpen(booked.AddDays(2 + Pick(20))), 14 + 3 * Next()), () =>
        {
            _clinic.Open(Clerk(), patient, "check-in");
            _clinic.Open(_physicians[unit], patient, "consultation", write: true);
            Bill(Clerk(), patient);
            if (_clinic.State(_physicians[unit], RelationSource.Secretariat, patient, null, _secretary.Id)) _letters.Add(patient);
        });
    });

    private void Bill(Account by, PatientId patient)
    {
        Queue(by, RelationSource.BillingQueue, patient, Billing);
        _toBill.Add((patient, _clinic.Today.AddDays(1 + Pick(10))));
    }

    private void Move(Guest guest, string state, Account? by, DateTimeOffset? expected = null) =>
        _clinic.Move(guest.Stay, guest.Patient, state, guest.Unit, _missing is Missing.HousingUnits ? guest.Unit : guest.Housing, by, expected);

    // Chance and time

    private IEnumerable<Guest> Of(int unit) => _guests.Where(g => g.Here && g.Unit == unit).ToArray();

    private int BedFor(int unit)
    {
        foreach (var candidate in new[] { unit, Medicine, Cardiology, Geriatrics, Digestive, Orthopaedics })
            if (_guests.Count(g => g.Here && g.Housing == candidate) < SimulatedClinic.Units[candidate].Beds.Count) return candidate;
        return unit;
    }

    /// <summary>Half of those who come have a file already.</summary>
    private PatientId Someone() => Chance(0.5) ? _base[Pick(_base.Length)] : Id.New<PatientId>();

    private void Later(double hours, Action act) => _clinic.Plan(_clinic.Now.AddHours(hours), act);

    /// <summary>Within the hour and a half that begins then: nobody does twenty things at once.</summary>
    private double Around(double hour) => hour + _spread++ * 7 % 90 / 60.0;

    /// <summary>Four minutes each.</summary>
    private void OneByOne<T>(IEnumerable<T> those, Action<T> act)
    {
        var place = 0;
        foreach (var one in those.ToArray()) Later(place++ / 15.0, () => act(one));
    }

    private void Empty(List<PatientId> queue, Action<PatientId> act)
    {
        OneByOne(queue.Distinct(), act);
        queue.Clear();
    }

    private void Due(List<(PatientId Patient, DateOnly Due)> queue, int most, Action<PatientId> act)
    {
        var due = queue.Where(item => item.Due <= _clinic.Today).OrderBy(item => item.Due).Take(most).ToArray();
        queue.RemoveAll(due.Contains);
        OneByOne(due, item => act(item.Patient));
    }

    private void Times(double many, Action act)
    {
        var whole = (int)many + (Chance(many - (int)many) ? 1 : 0);
        for (var i = 0; i < whole; i++) act();
    }

    private static bool Open(DateOnly day) => day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday) && !(day.Month == 5 && Holidays.Contains(day.Day));

    private static DateOnly NextOpen(DateOnly day) => Open(day) ? day : NextOpen(day.AddDays(1));

    private static DateTimeOffset At(DateOnly day, double hour) => SimulatedClinic.At(day, hour);

    private bool Chance(double share) => Next() < share;

    private int Pick(int below) => (int)(Next() * below);

    /// <summary>SplitMix64: the same month every time.</summary>
    private double Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) / (double)(1UL << 53);
    }
}
