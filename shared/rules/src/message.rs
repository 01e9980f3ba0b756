//! A message as the rules see it: SMS, MMS, `WhatsApp`, or whatever Aircall carries next.

use std::cmp::Ordering;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::serde::timestamp::millisecond::required;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::call::{Contact, Direction, Line, Party, User};

/// Aircall's id of a message, or of a group message and one of its participants.
///
/// Greater ids are later, also of numbers written as text: shorter before longer, then by their text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(String);

/// Longest id of Aircall's that is kept as it is. With a participant behind it, it still fits the key field of
/// Salesforce, which takes 64 characters.
const MAX_ID: usize = 39;

impl MessageId {
    /// Aircall's id, as it is where it is short and plain. Aircall says nothing of its form: any other is stood for by
    /// its hash, which is as long as a UUID.
    pub fn new(id: &str) -> Self {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if !id.is_empty() && id.len() <= MAX_ID && id.bytes().all(is_plain) {
            Self(id.to_owned())
        } else {
            Self(format!("{:032x}", hash(id)))
        }
    }

    /// The message of a group as it went to one participant, whom a hash stands for: ids are logged, numbers are not.
    #[must_use]
    pub(crate) fn to(&self, party: &Party) -> Self {
        let text = match party {
            Party::Phone(number) => number.as_str(),
            Party::Unusable(text) => text,
            Party::Anonymous => "",
        };
        // Fourteen digits, with which it still fits.
        Self(format!("{}-x{:014x}", self.0, hash(text) >> 72))
    }

    /// The key under which it is stored here, and is unique in Salesforce: `message-<id>`.
    pub fn key(&self) -> String {
        format!("message-{}", self.0)
    }

    /// As Aircall writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Ord for MessageId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for MessageId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// FNV-1a, which is the same in every version of every program: <http://www.isthe.com/chongo/tech/comp/fnv/>.
fn hash(text: &str) -> u128 {
    let of_byte =
        |hash: u128, byte: u8| (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    text.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, of_byte)
}

/// How a message was carried.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// SMS or, with media, MMS: Aircall does not tell them apart by their channel.
    Sms,
    /// `WhatsApp`.
    WhatsApp,
    /// A channel Aircall added later, as it spells it.
    Other(String),
}

/// A picture, sound or document of a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Media {
    /// Its file name.
    pub name: Option<String>,
    /// Its media type, or another word for it, as Aircall spells it.
    pub file_type: Option<String>,
    /// Where it can be loaded for a while.
    pub url: Option<String>,
}

impl Media {
    /// When its link expires, if the link says so, as the pre-signed ones of Amazon's S3 do.
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>.
    pub fn expires_at(&self) -> Option<Timestamp> {
        let (_, query) = self.url.as_deref()?.split_once('?')?;
        let parameters = || query.split('&').filter_map(|pair| pair.split_once('='));
        let parameter =
            |name: &str| parameters().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        if let Some(at) = parameter("Expires").and_then(|at| at.parse().ok()) {
            return Timestamp::from_second(at).ok();
        }
        let signed = DateTime::strptime("%Y%m%dT%H%M%SZ", parameter("X-Amz-Date")?).ok()?;
        let lifetime: i64 = parameter("X-Amz-Expires")?.parse().ok()?;
        let signed = signed.to_zoned(TimeZone::UTC).ok()?.timestamp();
        Timestamp::from_second(signed.as_second().checked_add(lifetime)?).ok()
    }
}

/// What became of a message on its way, as Aircall spells it: `pending`, `sent`, `delivered`, `received` and others.
/// The list is not known to be complete, so any word will do.
///
/// The greater is the later, where it is known: of two that were reported in one moment, it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeliveryState(pub String);

impl DeliveryState {
    fn rank(&self) -> u8 {
        match self.0.to_lowercase().as_str() {
            "created" | "pending" | "queued" | "accepted" | "scheduled" => 0,
            "sending" => 1,
            "sent" => 2,
            "delivered" | "received" => 4,
            "read" | "seen" => 5,
            "failed" | "undelivered" | "rejected" | "error" => 6,
            _ => 3,
        }
    }
}

impl Ord for DeliveryState {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for DeliveryState {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A message between an Aircall number and one other party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Aircall's id; of a group message with the participant behind it.
    pub id: MessageId,
    /// Who wrote to whom.
    pub direction: Direction,
    /// When it was sent, to the millisecond: what messages are ordered by.
    #[serde(with = "required")]
    pub sent_at: Timestamp,
    /// How it was carried.
    pub channel: Channel,
    /// The line.
    #[serde(rename = "number")]
    pub line: Line,
    /// The other party.
    pub party: Party,
    /// All external participants of a group message; nobody of any other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group: Vec<Party>,
    /// Which of the group wrote it, where Aircall says so and it is not the other party.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_by: Option<Party>,
    /// Who wrote it, of an outbound message, or whom it went to; often nobody is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// Who Aircall thinks the other party is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// What it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What is attached to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
    /// What became of it on its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<DeliveryState>,
}

impl Message {
    /// The order of sending.
    pub(crate) fn order(&self) -> (Timestamp, &MessageId) {
        (self.sent_at, &self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_in_the_order_of_their_numbers() {
        let [ten, nine] = ["10", "9"].map(MessageId::new);
        assert!(nine < ten);
    }

    #[test]
    fn every_key_fits_and_is_plain() {
        let party = Party::Phone(crate::E164::parse("+123456789012345").unwrap());
        for id in ["", "a b", &"9".repeat(300), "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f", "é", &"x".repeat(MAX_ID)] {
            for id in [MessageId::new(id), MessageId::new(id).to(&party), MessageId::new(id).to(&Party::Anonymous)] {
                assert!(id.key().len() <= 64, "{id}");
                assert!(id.as_str().bytes().all(|byte| byte.is_ascii_graphic()), "{id}");
            }
        }
        assert_ne!(MessageId::new("a b"), MessageId::new("a  b"));
    }

    #[track_caller]
    fn check_expiry(url: &str, expected: Option<&str>) {
        let media = Media { name: None, file_type: None, url: Some(url.to_owned()) };
        assert_eq!(media.expires_at().map(|at| at.to_string()).as_deref(), expected);
    }

    #[test]
    fn a_signed_link_says_when_it_expires() {
        let signed = "https://media.example.com/a.png?X-Amz-Date=20260323T100000Z&X-Amz-Expires=3600&X-Amz-Signature=x";
        check_expiry(signed, Some("2026-03-23T11:00:00Z"));
        check_expiry("https://media.example.com/a.png?Expires=1774260000&Signature=x", Some("2026-03-23T10:00:00Z"));
        check_expiry("https://media.example.com/a.png", None);
        check_expiry("https://media.example.com/a.png?X-Amz-Date=soon&X-Amz-Expires=9", None);
    }
}
