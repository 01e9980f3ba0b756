//! Lines, users and contacts, as Aircall nests them in a call.

use serde_json::{Value, json};

/// An Aircall line.
#[derive(Clone, Debug)]
pub struct Line {
    pub(super) id: u64,
    pub(super) name: String,
    digits: String,
    country: String,
    time_zone: String,
    open: bool,
}

impl Default for Line {
    /// The open support line of the sandbox Aircall, in Paris.
    fn default() -> Self {
        Self::new(1002, "Support line", "+33 1 99 00 01 00", "FR", "Europe/Paris")
    }
}

impl Line {
    /// An open line: `digits` as Aircall displays them, ISO 3166-1 country and IANA time zone.
    pub fn new(id: u64, name: &str, digits: &str, country: &str, time_zone: &str) -> Self {
        let [name, digits, country, time_zone] = [name, digits, country, time_zone].map(str::to_owned);
        Self { id, name, digits, country, time_zone, open: true }
    }

    /// The line while it is closed.
    #[must_use]
    pub fn closed(&self) -> Self {
        Self { open: false, ..self.clone() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its IANA time zone.
    pub fn time_zone(&self) -> &str {
        &self.time_zone
    }

    pub(super) fn to_json(&self) -> Value {
        let message = "https://media.example.com/message.mp3";
        json!({
            "id": self.id, "direct_link": format!("https://api.aircall.io/v1/numbers/{}", self.id),
            "name": self.name, "digits": self.digits, "country": self.country, "time_zone": self.time_zone,
            // The status says how opening hours are set up, not whether the line is open now.
            "open": self.open, "availability_status": "custom",
            "is_ivr": false, "live_recording_activated": false,
            "messages": {"welcome": message, "waiting": message, "ivr": message, "voicemail": message,
                "closed": message, "callback_later": message},
        })
    }
}

/// An Aircall user.
#[derive(Clone, Debug)]
pub struct User {
    id: u64,
    name: String,
    email: String,
}

impl User {
    /// An agent who is available.
    pub fn new(id: u64, name: &str, email: &str) -> Self {
        Self { id, name: name.to_owned(), email: email.to_owned() }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "id": self.id, "direct_link": format!("https://api.aircall.io/v1/users/{}", self.id),
            "name": self.name, "email": self.email, "available": true, "availability_status": "available",
            "language": "en-US", "wrap_up_time": 0,
        })
    }
}

/// A shared contact in Aircall.
#[derive(Clone, Debug)]
pub struct Contact {
    first_name: Option<String>,
    last_name: Option<String>,
    company_name: Option<String>,
    email: Option<String>,
}

impl Contact {
    /// A contact with only a name.
    pub fn new(first_name: &str, last_name: &str) -> Self {
        let [first_name, last_name] = [first_name, last_name].map(|name| Some(name.to_owned()));
        Self { first_name, last_name, company_name: None, email: None }
    }

    /// Their company.
    #[must_use]
    pub fn at_company(self, company: &str) -> Self {
        Self { company_name: Some(company.to_owned()), ..self }
    }

    /// Their e-mail.
    #[must_use]
    pub fn with_email(self, email: &str) -> Self {
        Self { email: Some(email.to_owned()), ..self }
    }

    /// The contact, whose only phone number is that of the call.
    pub(super) fn to_json(&self, call_id: u64, at: i64, raw_digits: &str) -> Value {
        let emails: Vec<Value> =
            self.email.iter().map(|email| json!({"id": call_id, "label": "Work", "value": email})).collect();
        json!({
            "id": call_id, "direct_link": format!("https://api.aircall.io/v1/contacts/{call_id}"),
            "first_name": self.first_name, "last_name": self.last_name, "company_name": self.company_name,
            "information": "", "is_shared": true, "created_at": at, "updated_at": at, "emails": emails,
            "phone_numbers": [{"id": call_id, "label": "Work", "value": raw_digits}],
        })
    }
}
