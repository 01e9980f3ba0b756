//! Webhook bodies of a message: in the flat shape, with all fields that were seen in one.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Direction, Line, User};

/// One message. Its events are `message.received` or `message.sent`, and `message.status_updated`.
#[derive(Clone, Debug)]
pub struct MessageBody {
    id: String,
    direction: Direction,
    sent_at: Timestamp,
    phone: String,
    line: Line,
    user: Option<User>,
    text: String,
    channel: Option<String>,
}

impl MessageBody {
    /// A message to a line.
    pub fn inbound(id: u64) -> Self {
        Self {
            id: id.to_string(),
            direction: Direction::Inbound,
            sent_at: Timestamp::constant(1_772_618_400, 0), // Wednesday 2026-03-04, 10:00 UTC
            phone: "+33 6 39 98 00 01".to_owned(),
            line: Line::default(),
            user: None,
            text: format!("This is message {id}."),
            channel: None,
        }
    }

    /// A message from an Aircall user.
    pub fn outbound(id: u64) -> Self {
        let sender = User::new(2002, "Robin Rep", "robin.rep@example.com");
        Self { direction: Direction::Outbound, user: Some(sender), ..Self::inbound(id) }
    }

    /// When it was sent.
    #[must_use]
    pub fn at(self, sent_at: Timestamp) -> Self {
        Self { sent_at, ..self }
    }

    /// The other party's phone number, as Aircall writes it: `+33 6 39 98 12 34`.
    #[must_use]
    pub fn with(self, phone: &str) -> Self {
        Self { phone: phone.to_owned(), ..self }
    }

    /// The Aircall line.
    #[must_use]
    pub fn on(self, line: &Line) -> Self {
        Self { line: line.clone(), ..self }
    }

    /// The user who sent it.
    #[must_use]
    pub fn by(self, user: &User) -> Self {
        Self { user: Some(user.clone()), ..self }
    }

    /// Its text.
    #[must_use]
    pub fn saying(self, text: &str) -> Self {
        Self { text: text.to_owned(), ..self }
    }

    /// Sent by `WhatsApp`.
    #[must_use]
    pub fn by_whatsapp(self) -> Self {
        Self { channel: Some("whatsapp".to_owned()), ..self }
    }

    /// The event `message.received` or `message.sent`.
    pub fn event(&self) -> Value {
        match self.direction {
            Direction::Inbound => self.body("message.received", 0, "received"),
            Direction::Outbound => self.body("message.sent", 0, "sent"),
        }
    }

    /// The event `message.status_updated`, this many seconds later: the whole message with its new status.
    pub fn status_updated(&self, status: &str, seconds: i64) -> Value {
        self.body("message.status_updated", seconds, status)
    }

    /// The bodies of all its events, each with the time at which Aircall builds it.
    /// Outbound messages are also delivered.
    pub fn all_events(&self) -> Vec<(Timestamp, Value)> {
        let mut events = vec![(self.sent_at, self.event())];
        if self.direction == Direction::Outbound {
            let seconds = 3;
            events.push((self.sent_at + SignedDuration::from_secs(seconds), self.status_updated("delivered", seconds)));
        }
        events
    }

    /// Whether an Aircall user sent it.
    pub fn is_outbound(&self) -> bool {
        self.direction == Direction::Outbound
    }

    /// When it was sent.
    pub fn sent_at(&self) -> Timestamp {
        self.sent_at
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its key in the activity log and in Salesforce if it has an entry of its own: `message-<id>`.
    pub fn key(&self) -> String {
        format!("message-{}", self.id)
    }

    /// The key of its conversation of the day as versions before schema 1 wrote it: `conversation-<line>-<number>-<day>`.
    ///
    /// # Panics
    /// When the line's time zone is not a valid one.
    pub fn former_conversation_key(&self) -> String {
        let digits: String = self.phone.chars().filter(char::is_ascii_digit).collect();
        let day = self.sent_at.in_tz(self.line.time_zone()).expect("a time zone").date();
        format!("conversation-{}-{digits}-{day}", self.line.id)
    }

    /// The line that received or sent it.
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// The other party's phone number.
    pub fn external_number(&self) -> &str {
        &self.phone
    }

    fn body(&self, event: &str, seconds: i64, status: &str) -> Value {
        let at = self.sent_at + SignedDuration::from_secs(seconds);
        let mut message = json!({
            "id": self.id,
            "direct_link": format!("https://api.aircall.io/v1/messages/{}", self.id),
            "direction": match self.direction { Direction::Inbound => "inbound", Direction::Outbound => "outbound" },
            "status": status,
            "channel": self.channel,
            "body": self.text,
            "media_details": [],
            "external_number": self.phone,
            "created_at": self.sent_at.as_millisecond(),
            "sent_at": self.sent_at.as_millisecond(),
            "updated_at": at.as_millisecond(),
            "number": self.line.to_json(),
            "origin": "native",
        });
        if let Some(user) = &self.user {
            message["user"] = user.to_json();
        }
        json!({"resource": "message", "event": event, "timestamp": at.as_second(), "token": "", "data": message})
    }
}
