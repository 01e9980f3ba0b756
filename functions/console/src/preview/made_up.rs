//! A made-up call or message for a preview, as described by an admin.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rules::phone::{Meaning, digits_of, is_filler};
use rules::{
    Call, CallDocument, CallEvent, CallFlow, CallId, CallType, Channel, Direction, Document, E164, Line, LineId,
    Message, MessageId, Messages, Party, Snapshot, User, hours,
};
use store::TenantId;

use crate::activity::phones;
use crate::console::Console;
use crate::console::aircall::Lines;
use crate::web::errors::InvalidField;

/// How many of the latest calls are searched for users.
const CALLS: usize = 100;
/// Longest phone number or e-mail address, in characters.
const MAX_LEN: usize = 100;

/// How long the call rings, how long it lasts once answered, and after how long an unanswered caller gives up.
const RINGS: SignedDuration = SignedDuration::from_secs(10);
const TALK: SignedDuration = SignedDuration::from_secs(60);
const GIVES_UP: SignedDuration = SignedDuration::from_secs(20);
/// How long after its end Aircall has all data of a call.
const DATA_COMPLETE_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// Placeholder IDs for a call or message that does not exist.
const PLACEHOLDER_CALL: CallId = CallId(0);
const PLACEHOLDER_MESSAGE: &str = "none";

/// The message types that can be previewed besides the call types, and their labels.
pub(crate) const MESSAGE_TYPES: [(&str, &str); 2] =
    [("message_received", "Message received"), ("message_sent", "Message sent")];

/// Whether it is a call that was made up here.
pub(crate) fn is_made_up(document: &Document) -> bool {
    document.interaction().call().is_some_and(|call| call.id == PLACEHOLDER_CALL)
}

/// The keys of the placeholder IDs.
pub(crate) fn placeholder_keys() -> [String; 2] {
    [PLACEHOLDER_CALL.key(), MessageId::new(PLACEHOLDER_MESSAGE).key()]
}

/// The description of a call or message, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Described {
    /// A call type, `message_received` or `message_sent`.
    pub(crate) call_type: String,
    /// Aircall's ID of the line; empty for any line.
    pub(crate) line: String,
    /// When it started, in the line's time zone: `2026-03-23T09:30`.
    pub(crate) started_at: String,
    /// The other party's phone number; empty if withheld.
    pub(crate) number: String,
    /// The e-mail address of the Aircall user; empty without a user.
    pub(crate) user: String,
}

/// Names of Aircall users by their lower-case e-mail addresses.
pub(crate) type Users = BTreeMap<String, String>;

/// The known users: those of the latest calls.
pub(crate) async fn users(console: &Console, tenant: &TenantId) -> Result<Users, store::Error> {
    let entries = console.calls.activity(tenant, CALLS, None).await?.entries;
    let users = entries.into_iter().flatten().filter_map(|entry| entry.document.interaction().user().cloned());
    Ok(users.filter_map(|user| Some((user.email?.to_lowercase(), user.name?))).collect())
}

impl Described {
    /// The document that Aircall's events would give once the call is over.
    ///
    /// # Errors
    /// The invalid fields, by their names.
    pub(crate) fn document(&self, lines: &Lines, users: &Users) -> Result<Document, Vec<InvalidField>> {
        let mut invalid = Vec::new();
        let mut report = |name, message: &str| invalid.push(InvalidField { name, message: message.to_owned() });
        let kind = Kind::parse(&self.call_type);
        if kind.is_none() {
            report("call_type", "Choose the type of the call.");
        }
        let line = self.line(lines);
        if line.is_none() {
            report("line", "The line must be the ID of a line.");
        }
        let started_at = self.started_at.parse::<DateTime>().ok().filter(|at| (1970..=2200).contains(&at.year()));
        let zone = line.as_ref().map_or(TimeZone::UTC, hours::time_zone_of);
        let started_at = started_at.and_then(|at| at.to_zoned(zone).ok()).map(|at| at.timestamp());
        if started_at.is_none() {
            report("started_at", "Enter the day and the time when the call starts.");
        }
        for (name, text) in [("number", &self.number), ("user", &self.user)] {
            if text.chars().count() > MAX_LEN {
                report(name, "This is too long.");
            }
        }
        match (kind, line, started_at) {
            (Some(kind), Some(line), Some(started_at)) if invalid.is_empty() => {
                let party = party(&self.number, &line, lines);
                let user = user(&self.user, users);
                Ok(match kind {
                    Kind::Call(call_type) => call(call_type, started_at, line, party, user).into(),
                    Kind::Message(direction) => Document::Messages(message(direction, started_at, line, party, user)),
                })
            }
            _ => Err(invalid),
        }
    }

    /// Which phone number was taken, as a sentence; none if it was typed in international form, or if there is none.
    pub(crate) fn number_taken(&self, lines: &Lines) -> Option<String> {
        let meanings = meanings(&self.number, &self.line(lines)?, lines);
        let taken = &meanings.first()?.number;
        let international = taken.international();
        let count = meanings.iter().filter(|meaning| meaning.is_valid).count();
        if 1 < count {
            return Some(format!("The phone number can be read as {count} numbers: {international} was taken."));
        }
        let is_as_typed = E164::parse(&self.number).is_ok_and(|typed| typed == *taken);
        (!is_as_typed).then(|| format!("The phone number was read as {international}."))
    }

    /// The line; none if its ID is invalid.
    fn line(&self, lines: &Lines) -> Option<Line> {
        match (self.line.as_str(), self.line.parse().map(LineId)) {
            ("", _) => Some(any_line()),
            (_, Ok(id)) => Some(lines.get(&id).cloned().unwrap_or_else(|| line(id, None))),
            (_, Err(_)) => None,
        }
    }
}

/// The described type: a call type, or a message by its direction.
pub(super) enum Kind {
    Call(CallType),
    Message(Direction),
}

impl Kind {
    /// The values of [`Described::call_type`].
    pub(super) fn keys() -> impl Iterator<Item = &'static str> {
        CallType::ALL.into_iter().map(CallType::key).chain(MESSAGE_TYPES.map(|(key, _)| key))
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let [(received, _), (sent, _)] = MESSAGE_TYPES;
        match text {
            _ if text == received => Some(Kind::Message(Direction::Inbound)),
            _ if text == sent => Some(Kind::Message(Direction::Outbound)),
            _ => CallType::from_key(text).map(Kind::Call),
        }
    }
}

fn message(direction: Direction, sent_at: Timestamp, line: Line, party: Party, user: Option<User>) -> Messages {
    let message = Message {
        id: MessageId::new(PLACEHOLDER_MESSAGE),
        direction,
        sent_at,
        channel: Channel::Sms,
        line,
        party,
        group: Vec::new(),
        written_by: None,
        user,
        contact: None,
        text: Some("What the message says.".to_owned()),
        media: Vec::new(),
        state: None,
    };
    Messages::from_message(message, 0, None)
}

fn any_line() -> Line {
    line(LineId(0), Some("Any line"))
}

fn line(id: LineId, name: Option<&str>) -> Line {
    Line { id, name: name.map(ToOwned::to_owned), digits: None, time_zone: None, open: None }
}

/// The other party. A number without a country code is read in the country of the line, else of another line; anything
/// else as Aircall's own texts are.
fn party(text: &str, line: &Line, lines: &Lines) -> Party {
    let as_given = aircall::party(Some(text));
    if as_given == Party::Anonymous || is_filler(&digits_of(text)) {
        return as_given;
    }
    let taken = meanings(text, line, lines).into_iter().find(|meaning| meaning.is_valid);
    taken.map_or(as_given, |meaning| Party::Phone(meaning.number))
}

/// What a phone number can mean, the likeliest first. Text with letters means none.
fn meanings(text: &str, line: &Line, lines: &Lines) -> Vec<Meaning> {
    if text.chars().any(char::is_alphabetic) {
        return Vec::new();
    }
    let digits = [line].into_iter().chain(lines.values()).filter_map(|line| line.digits.as_deref());
    phones::meanings(text, digits)
}

fn user(email: &str, users: &Users) -> Option<User> {
    let name = users.get(&email.to_lowercase()).cloned();
    (!email.is_empty()).then(|| User { id: None, name, email: Some(email.to_owned()) })
}

fn call(call_type: CallType, started_at: Timestamp, mut line: Line, party: Party, user: Option<User>) -> CallDocument {
    // Whether the line was open is only known for real calls.
    line.open = None;
    let answered_at = call_type.is_answered().then(|| started_at + RINGS);
    let ended_at = answered_at.map_or(started_at + GIVES_UP, |at| at + TALK);
    let call = Call {
        id: PLACEHOLDER_CALL,
        direction: call_type.direction(),
        started_at,
        answered_at,
        ended_at: Some(ended_at),
        missed_call_reason: None,
        voicemail: call_type.has_voicemail().then(String::new),
        recording: None,
        asset: None,
        party,
        line,
        user,
        contact: None,
        tags: Vec::new(),
        comments: Vec::new(),
        flow: CallFlow::default(),
    };
    Snapshot { event: CallEvent::Ended, at: ended_at + DATA_COMPLETE_AFTER, call }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Lines {
        let vienna = Line {
            digits: Some("+43 1 234 5678".to_owned()),
            time_zone: Some("Europe/Vienna".to_owned()),
            open: Some(false),
            ..line(LineId(7), Some("Vienna"))
        };
        Lines::from([(vienna.id, vienna)])
    }

    fn described() -> Described {
        Described {
            call_type: "missed".to_owned(),
            line: "7".to_owned(),
            started_at: "2026-03-23T09:30".to_owned(),
            number: "0664 1234567".to_owned(),
            user: "Ada@Example.com".to_owned(),
        }
    }

    fn users() -> Users {
        Users::from([("ada@example.com".to_owned(), "Ada Example".to_owned())])
    }

    #[test]
    fn each_call_type_is_classified_as_itself() {
        for call_type in CallType::ALL {
            let described = Described { call_type: call_type.key().to_owned(), ..described() };
            let document = described.document(&lines(), &users()).unwrap();
            assert_eq!(CallType::classify(document.interaction().call().unwrap()), call_type);
            assert!(document.is_complete());
        }
    }

    #[test]
    fn time_phone_and_user_are_read_for_the_line() {
        let interaction = described().document(&lines(), &users()).unwrap().interaction();
        let call = interaction.call().unwrap().clone();
        assert_eq!(call.started_at.to_string(), "2026-03-23T08:30:00Z");
        assert_eq!(call.party.phone().map(E164::as_str), Some("+436641234567"));
        assert_eq!(call.user.and_then(|user| user.name).as_deref(), Some("Ada Example"));
        assert_eq!(call.line.open, None);
    }

    #[test]
    fn a_phone_can_be_withheld_or_unusable() {
        for (text, party) in [
            ("", Party::Anonymous),
            ("Anonymous", Party::Anonymous),
            ("112", Party::Unusable("112".to_owned())),
            ("+1 CALL ADA 55", Party::Unusable("+1 CALL ADA 55".to_owned())),
        ] {
            let described = Described { number: text.to_owned(), ..described() };
            assert_eq!(*described.document(&lines(), &users()).unwrap().interaction().party(), party);
        }
    }

    #[test]
    fn a_number_that_was_not_typed_in_international_form_is_named() {
        for (text, sentence) in [
            ("0664 1234567", Some("The phone number was read as +43 664 1234567.")),
            ("0043 664 1234567", Some("The phone number was read as +43 664 1234567.")),
            (
                "0664 1234567 / 0664 7654321",
                Some("The phone number can be read as 2 numbers: +43 664 1234567 was taken."),
            ),
            ("+43 664 1234567", None),
            ("112", None),
            ("", None),
        ] {
            let described = Described { number: text.to_owned(), ..described() };
            assert_eq!(described.number_taken(&lines()).as_deref(), sentence, "{text}");
        }
    }

    #[test]
    fn invalid_fields_are_named() {
        let described = Described {
            call_type: "sms".to_owned(),
            line: "x".to_owned(),
            started_at: "soon".to_owned(),
            number: "1".repeat(101),
            user: String::new(),
        };
        let invalid = described.document(&lines(), &users()).unwrap_err();
        let names: Vec<&str> = invalid.iter().map(|field| field.name).collect();
        assert_eq!(names, ["call_type", "line", "started_at", "number"]);
    }

    #[test]
    fn the_line_may_be_unknown() {
        for (text, label) in [("", "Any line"), ("9", "Aircall number 9")] {
            let described = Described { line: text.to_owned(), ..described() };
            assert_eq!(described.document(&Lines::new(), &users()).unwrap().interaction().line().label(), label);
        }
    }
}
