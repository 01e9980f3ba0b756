//! The messages, between the calls.

use anyhow::Result;
use jiff::civil::Date;
use rules::RecordKind;

use super::calls::{ADMIN, ROBIN, first_id, sales_line};
use super::{Delivery, Expected, Interaction, Scene, at};
use crate::demo::bodies::{Line, MessageBody};

/// Offset of the messages' ids from those of the day's calls.
const ID_OFFSET: u64 = 50;

/// Creates a message with this id.
type Direction = fn(u64) -> MessageBody;

/// The messages of `date`.
pub(super) fn scenes(date: Date) -> Result<Vec<Scene>> {
    let (paris, francisco) = (Line::default(), sales_line());
    let mut ids = first_id(date) + ID_OFFSET..;
    let mut message = |direction: Direction, hour, minute, line: &Line| {
        let id = ids.next().unwrap_or_default();
        anyhow::Ok(direction(id).on(line).at(at(date, hour, minute, line.time_zone())?))
    };
    let (inbound, outbound): (Direction, Direction) = (MessageBody::inbound, MessageBody::outbound);
    Ok(vec![
        // Business hours apply only to calls: it is logged before the opening hours.
        Interaction::from(
            message(inbound, 7, 5, &paris.closed())?.with("+33 6 39 98 12 34").saying("It is still cold 🥶"),
        )
        .task(
            Expected::completed(RecordKind::Contact, "Camille Moreau", ADMIN)
                .says(&["Channel: SMS", "It is still cold 🥶"]),
        ),
        Interaction::from(
            message(outbound, 9, 52, &paris)?.with("+33 6 39 98 12 34").saying("We booked the technician."),
        )
        .task(
            Expected::completed(RecordKind::Contact, "Camille Moreau", ROBIN)
                .says(&["Delivery: delivered", "We booked the technician."]),
        )
        .arriving(Delivery::Backwards),
        Interaction::from(
            message(inbound, 11, 10, &paris)?.with("+33 6 39 98 77 02").by_whatsapp().saying("Are you open?"),
        )
        .task(Expected::completed(RecordKind::Contact, "+33 6 39 98 77 02", ADMIN).says(&["Channel: WhatsApp"]))
        .arriving(Delivery::FiveTimesEach),
        Interaction::from(message(outbound, 9, 46, &francisco)?.with("+1 415-555-0132").saying("I tried to call you."))
            .task(Expected::completed(RecordKind::Contact, "Sam Sample", ROBIN)),
    ])
}

impl From<MessageBody> for Interaction {
    fn from(message: MessageBody) -> Self {
        Interaction::Message(Box::new(message))
    }
}
