//! Webhook bodies of calls and messages, as Aircall builds them: for the demo and for tests.
//!
//! A [`CallBody`] describes one call once; each of its events is a snapshot of the call at the event's second.
//! A snapshot has and lacks the same fields as captured bodies: no user before the call is answered, no voicemail in
//! `call.hungup`, and everything in `call.ended`, 30 s after the end.
//!
//! ```
//! use local::demo::bodies::{CallBody, Line, User};
//!
//! let robin = User::new(2002, "Robin Rep", "robin.rep@example.com");
//! let call = CallBody::inbound(17)
//!     .from("+33 6 39 98 12 34")
//!     .on(&Line::default())
//!     .answered_after(15)
//!     .lasting(100)
//!     .by(&robin)
//!     .tagged("Order")
//!     .commented("Wants two more.");
//! let ended = call.event("call.ended");
//! assert_eq!(ended["data"]["duration"], 115);
//! assert_eq!(ended["data"]["tags"][0]["name"], "Order");
//! assert_eq!(ended["data"]["comments"], serde_json::json!([]), "the comment is written a minute later");
//! ```

mod events;
mod message;
mod people;
#[cfg(test)]
mod tests;
mod wire;

use jiff::{SignedDuration, Timestamp};
pub use message::MessageBody;
pub use people::{Contact, Line, User};

/// Seconds after the end at which [`CallBody::tagged`] tags: the agent's last click, before `call.ended`.
const TAGGED_AFTER: i64 = 2;
/// Seconds after the end at which [`CallBody::commented`] comments: after `call.ended`.
const COMMENTED_AFTER: i64 = 87;

/// One call. All durations are in seconds.
#[derive(Clone, Debug)]
pub struct CallBody {
    id: u64,
    direction: Direction,
    token: String,
    started_at: Timestamp,
    answered_after: Option<i64>,
    lasting: i64,
    raw_digits: String,
    line: Line,
    user: Option<User>,
    contact: Option<Contact>,
    missed_call_reason: Option<String>,
    left_voicemail: bool,
    is_recorded: bool,
    tags: Vec<Note>,
    comments: Vec<Note>,
    archived_after: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Inbound,
    Outbound,
}

/// A tag or a comment.
#[derive(Clone, Debug)]
struct Note {
    /// Seconds after the end of the call; negative while it lasts.
    after: i64,
    text: String,
}

impl CallBody {
    /// A call to a line: by default unanswered after 20 s of ringing.
    pub fn inbound(id: u64) -> Self {
        Self::new(id, Direction::Inbound)
    }

    /// A call from an Aircall user: by default unanswered after 20 s of ringing.
    pub fn outbound(id: u64) -> Self {
        let caller = User::new(2002, "Robin Rep", "robin.rep@example.com");
        Self { user: Some(caller), missed_call_reason: None, ..Self::new(id, Direction::Outbound) }
    }

    fn new(id: u64, direction: Direction) -> Self {
        Self {
            id,
            direction,
            token: String::new(),
            started_at: Timestamp::constant(1_772_618_400, 0), // Wednesday 2026-03-04, 10:00 UTC
            answered_after: None,
            lasting: 20,
            raw_digits: "+33 6 39 98 00 01".to_owned(),
            line: Line::default(),
            user: None,
            contact: None,
            missed_call_reason: Some("agents_did_not_answer".to_owned()),
            left_voicemail: false,
            is_recorded: false,
            tags: Vec::new(),
            comments: Vec::new(),
            archived_after: None,
        }
    }

    /// The webhook's token, which the envelope of each event carries.
    #[must_use]
    pub fn token(self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self }
    }

    /// When it began to ring.
    #[must_use]
    pub fn at(self, started_at: Timestamp) -> Self {
        Self { started_at, ..self }
    }

    /// The caller's phone number, as Aircall writes it: `+33 6 39 98 12 34`.
    #[must_use]
    pub fn from(self, phone: &str) -> Self {
        Self { raw_digits: phone.to_owned(), ..self }
    }

    /// The called phone number; the same field as [`from`](Self::from).
    #[must_use]
    pub fn to(self, phone: &str) -> Self {
        self.from(phone)
    }

    /// The caller withheld the phone number.
    #[must_use]
    pub fn anonymous(self) -> Self {
        self.from("anonymous")
    }

    /// The Aircall line.
    #[must_use]
    pub fn on(self, line: &Line) -> Self {
        Self { line: line.clone(), ..self }
    }

    /// It was answered after this many seconds.
    #[must_use]
    pub fn answered_after(self, seconds: i64) -> Self {
        Self { answered_after: Some(seconds), ..self }
    }

    /// Seconds until its end: from the answer, or from the start if it was not answered.
    #[must_use]
    pub fn lasting(self, seconds: i64) -> Self {
        Self { lasting: seconds, ..self }
    }

    /// The user who made or answered the call; for an unanswered inbound call, the agent whose phone rang.
    #[must_use]
    pub fn by(self, user: &User) -> Self {
        Self { user: Some(user.clone()), ..self }
    }

    /// The Aircall contact of the other party; without one the JSON key is absent.
    #[must_use]
    pub fn known_as(self, contact: &Contact) -> Self {
        Self { contact: Some(contact.clone()), ..self }
    }

    /// Why it was missed, in Aircall's word, or `None` if Aircall gives no reason.
    #[must_use]
    pub fn missed_because(self, reason: Option<&str>) -> Self {
        Self { missed_call_reason: reason.map(str::to_owned), ..self }
    }

    /// The caller left a voicemail.
    #[must_use]
    pub fn voicemail(self) -> Self {
        Self { left_voicemail: true, ..self }
    }

    /// The call was recorded; the recording is ready a minute after the end.
    #[must_use]
    pub fn recorded(self) -> Self {
        Self { is_recorded: true, ..self }
    }

    /// Tagged 2 s after the end.
    #[must_use]
    pub fn tagged(self, name: &str) -> Self {
        self.tagged_after(TAGGED_AFTER, name)
    }

    /// Tagged this many seconds after the end.
    #[must_use]
    pub fn tagged_after(mut self, seconds: i64, name: &str) -> Self {
        self.tags.push(Note { after: seconds, text: name.to_owned() });
        self
    }

    /// Commented 87 s after the end.
    #[must_use]
    pub fn commented(self, content: &str) -> Self {
        self.commented_after(COMMENTED_AFTER, content)
    }

    /// Commented this many seconds after the end.
    #[must_use]
    pub fn commented_after(mut self, seconds: i64, content: &str) -> Self {
        self.comments.push(Note { after: seconds, text: content.to_owned() });
        self
    }

    /// Archived this many seconds after the end.
    #[must_use]
    pub fn archived_after(self, seconds: i64) -> Self {
        Self { archived_after: Some(seconds), ..self }
    }

    /// When it began to ring.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// When it ended.
    pub fn ended_at(&self) -> Timestamp {
        self.started_at + SignedDuration::from_secs(self.answered_after.unwrap_or(0) + self.lasting)
    }

    /// Its key in the activity log and in Salesforce: `call-<id>`.
    pub fn key(&self) -> String {
        format!("call-{}", self.id)
    }

    /// The line that received or made it.
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// The other party's phone number or `anonymous`.
    pub fn raw_digits(&self) -> &str {
        &self.raw_digits
    }
}
