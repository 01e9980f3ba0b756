//! The calls: all five call types, and the difficult cases of a working day.

use anyhow::Result;
use jiff::civil::Date;
use rules::{RecordKind, SkipReason};

use super::{Delivery, Expected, Interaction, Scene, at};
use crate::demo::bodies::{CallBody, Contact, Line, User};

/// Owner of a Task whose call no Salesforce user made or answered: the user who connected the org.
pub(super) const ADMIN: &str = "Alex Admin";
pub(super) const ROBIN: &str = "Robin Rep";

/// Creates a call with this id.
type Direction = fn(u64) -> CallBody;

/// The calls of `date`, in the order of their start.
pub(super) fn scenes(date: Date) -> Result<Vec<Scene>> {
    let (paris, francisco) = (Line::default(), sales_line());
    let robin = User::new(2002, ROBIN, "robin.rep@example.com");
    // A user of Aircall, but not of Salesforce.
    let kim = User::new(2003, "Kim Temp", "kim.temp@example.com");
    let mut ids = first_id(date)..;
    let mut call = |direction: Direction, hour, minute, line: &Line| {
        let id = ids.next().unwrap_or_default();
        anyhow::Ok(direction(id).on(line).at(at(date, hour, minute, line.time_zone())?))
    };
    let (inbound, outbound): (Direction, Direction) = (CallBody::inbound, CallBody::outbound);

    Ok(vec![
        // Before the opening hours.
        call(inbound, 7, 48, &paris.closed())?
            .from("+33 1 99 00 12 34")
            .missed_because(Some("out_of_opening_hours"))
            .skipped(SkipReason::OutsideBusinessHours),
        // Tagged during the call and commented a minute after it; tagged and commented again long after it.
        call(inbound, 9, 4, &paris)?
            .from("+33 6 39 98 12 34")
            .answered_after(12)
            .lasting(184)
            .by(&robin)
            .tagged_after(-20, "Repair")
            .commented("The oven clicks but does not heat.")
            .tagged_after(40 * 60, "Technician booked")
            .commented_after(55 * 60, "The technician comes on Monday.")
            .task(
                Expected::completed(RecordKind::Contact, "Camille Moreau", ROBIN)
                    .result("Repair, Technician booked")
                    .says(&["The oven clicks but does not heat.", "The technician comes on Monday."]),
            ),
        call(inbound, 9, 31, &paris)?
            .from("+33 6 39 98 20 20")
            .by(&robin)
            .lasting(41)
            .voicemail()
            .task(
                Expected::in_progress(RecordKind::Lead, "Noor Haddad", ADMIN)
                    .says(&["Voicemail: https://assets.aircall.io/calls/"]),
            )
            .arriving(Delivery::Backwards),
        call(outbound, 10, 20, &paris)?
            .to("+33 1 99 00 45 67")
            .by(&robin)
            .answered_after(9)
            .lasting(312)
            .recorded()
            .task(
                Expected::completed(RecordKind::Account, "Fictional Freight", ROBIN)
                    .says(&["Recording: https://assets.aircall.io/calls/"]),
            ),
        call(inbound, 10, 45, &paris)?
            .from("+33 6 39 98 30 30")
            .missed_because(Some("no_available_agent"))
            .lasting(33)
            .tagged("Call back")
            .task(Expected::in_progress(RecordKind::PersonAccount, "Jo Roux", ADMIN).result("Call back"))
            .arriving(Delivery::FiveTimesEach),
        // An unknown caller calls twice at the same time. Search does not find the new Contact for a minute, yet
        // there is only one.
        call(inbound, 11, 10, &paris)?
            .from("+33 6 39 98 77 01")
            .answered_after(6)
            .lasting(95)
            .by(&robin)
            .task(Expected::completed(RecordKind::Contact, UNNAMED, ROBIN)),
        call(inbound, 11, 10, &paris)?.from("+33 6 39 98 77 01").lasting(18).task(Expected::in_progress(
            RecordKind::Contact,
            UNNAMED,
            ADMIN,
        )),
        call(inbound, 11, 42, &paris)?
            .anonymous()
            .answered_after(4)
            .lasting(27)
            .by(&robin)
            .skipped(SkipReason::Anonymous),
        // One phone number on a Contact, a Lead and an Account.
        call(outbound, 14, 15, &paris)?.to("+33 1 99 00 88 00").by(&robin).lasting(31).task(Expected::completed(
            RecordKind::Contact,
            "Inès Duval",
            ROBIN,
        )),
        call(inbound, 15, 26, &paris)?
            .from("+33 6 39 98 55 10")
            .known_as(&Contact::new("Lou", "Blank").at_company("Specimen Supplies").with_email("lou@example.com"))
            .answered_after(20)
            .lasting(140)
            .by(&kim)
            .tagged("New customer")
            .task(Expected::completed(RecordKind::Contact, "Lou Blank", ADMIN).result("New customer"))
            .arriving(Delivery::Backwards),
        call(inbound, 9, 20, &francisco)?
            .from("+1 415-555-0132")
            .answered_after(8)
            .lasting(75)
            .by(&robin)
            .task(Expected::completed(RecordKind::Contact, "Sam Sample", ROBIN)),
        call(outbound, 9, 45, &francisco)?.to("+1 415-555-0132").by(&robin).skipped(SkipReason::DoNothing),
    ])
}

/// The name of a Contact for a phone number of which no name is known.
const UNNAMED: &str = "+33 6 39 98 77 01";

/// The other line of the sandbox Aircall, nine hours behind Paris.
pub(super) fn sales_line() -> Line {
    Line::new(1001, "Sales line", "+1 415-555-0100", "US", "America/Los_Angeles")
}

/// `2026112001`: the date, then a number within the scenario.
pub(super) fn first_id(date: Date) -> u64 {
    let date: u64 = date.strftime("%Y%m%d").to_string().parse().unwrap_or_default();
    date * 100 + 1
}

impl CallBody {
    fn task(self, expected: Expected) -> Scene {
        Interaction::from(self).task(expected)
    }

    fn skipped(self, reason: SkipReason) -> Scene {
        Interaction::from(self).skipped(reason)
    }
}

impl From<CallBody> for Interaction {
    fn from(call: CallBody) -> Self {
        Interaction::Call(Box::new(call))
    }
}
