//! A message as the rules see it: SMS, MMS, `WhatsApp`, or a channel that Aircall adds later.

use std::cmp::Ordering;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::serde::timestamp::millisecond::required;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::call::{Contact, Direction, Line, Party, User};
use crate::phone_digest::DigestKey;

/// Aircall's id of a message, or of a group message and one of its participants.
///
/// Ordered so that numeric ids written as text sort by value: shorter before longer, then by their text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(String);

/// Longest Aircall id that is kept unchanged. With a participant's hash appended, its key still fits Salesforce's key
/// field of 64 characters.
const MAX_ID: usize = 39;

impl MessageId {
    /// Aircall's id, unchanged if it is short and consists of ASCII letters, digits, `-`, `_` and `.`. Aircall does not
    /// document its format: any other id is replaced by its hash of 32 hexadecimal digits.
    pub fn new(id: &str) -> Self {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if !id.is_empty() && id.len() <= MAX_ID && id.bytes().all(is_plain) {
            Self(id.to_owned())
        } else {
            Self(format!("{:032x}", hash(id)))
        }
    }

    /// The id of a group message as one participant received it. A keyed digest stands for the participant, as ids are
    /// logged and phone numbers are not.
    #[must_use]
    pub(crate) fn for_participant(&self, party: &Party, key: &DigestKey) -> Self {
        Self(format!("{}-x{}", self.0, key.digest(participant_text(party))))
    }

    /// The same id as versions before schema 1 wrote it, with an unkeyed hash.
    #[must_use]
    pub(crate) fn for_participant_unkeyed(&self, party: &Party) -> Self {
        Self(format!("{}-x{:014x}", self.0, hash(participant_text(party)) >> 72))
    }

    /// The key of its entry here, and its unique key in Salesforce: `message-<id>`.
    pub fn key(&self) -> String {
        format!("message-{}", self.0)
    }

    /// The id as text.
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

fn participant_text(party: &Party) -> &str {
    match party {
        Party::Phone(phone) => phone.as_str(),
        Party::Unusable(text) => text,
        Party::Anonymous => "",
    }
}

/// FNV-1a, which is stable across versions and programs: <http://www.isthe.com/chongo/tech/comp/fnv/>.
pub(crate) fn hash(text: &str) -> u128 {
    let add_byte =
        |hash: u128, byte: u8| (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    text.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, add_byte)
}

/// The channel of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// SMS or, with media, MMS: Aircall uses the same channel for both.
    #[default]
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
    /// Its media type or a similar term, as Aircall spells it.
    pub file_type: Option<String>,
    /// Its download URL, which expires.
    pub url: Option<String>,
}

impl Media {
    /// When its link expires, if the link itself contains that, as Amazon S3's pre-signed URLs do.
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

/// The delivery state of a message, as Aircall spells it: `pending`, `sent`, `delivered`, `received` and others.
/// Aircall does not document the complete list, so any text is accepted.
///
/// Ordered by progress, as far as the states are known: of two states reported at the same time, the greater wins.
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

/// A message between a line and one other party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Aircall's id; for a group message, with the participant's hash appended.
    pub id: MessageId,
    /// Who wrote to whom.
    #[serde(default)]
    pub direction: Direction,
    /// When it was sent, to the millisecond. Messages are ordered by it.
    #[serde(with = "required")]
    pub sent_at: Timestamp,
    /// The channel.
    #[serde(default)]
    pub channel: Channel,
    /// The line.
    #[serde(rename = "number", default)]
    pub line: Line,
    /// The other party.
    #[serde(default)]
    pub party: Party,
    /// All external participants of a group message; empty for any other message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group: Vec<Party>,
    /// The group participant who wrote it, where Aircall says so and it is not `party`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_by: Option<Party>,
    /// The Aircall user who sent or received it; often not named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// Aircall's contact for the other party.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The attachments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
    /// The delivery state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<DeliveryState>,
}

impl Message {
    /// The sort key: by time of sending, then by id.
    pub(crate) fn order(&self) -> (Timestamp, &MessageId) {
        (self.sent_at, &self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numeric_ids_sort_by_value() {
        let [ten, nine] = ["10", "9"].map(MessageId::new);
        assert!(nine < ten);
    }

    #[test]
    fn every_key_fits_its_field_and_is_printable_ascii() {
        let party = Party::Phone(crate::E164::parse("+123456789012345").unwrap());
        let key = DigestKey::new([0; 32]);
        for id in ["", "a b", &"9".repeat(300), "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f", "é", &"x".repeat(MAX_ID)] {
            for id in [
                MessageId::new(id),
                MessageId::new(id).for_participant(&party, &key),
                MessageId::new(id).for_participant(&Party::Anonymous, &key),
                MessageId::new(id).for_participant_unkeyed(&party),
            ] {
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
    fn a_pre_signed_link_contains_its_expiry() {
        let signed = "https://media.example.com/a.png?X-Amz-Date=20260323T100000Z&X-Amz-Expires=3600&X-Amz-Signature=x";
        check_expiry(signed, Some("2026-03-23T11:00:00Z"));
        check_expiry("https://media.example.com/a.png?Expires=1774260000&Signature=x", Some("2026-03-23T10:00:00Z"));
        check_expiry("https://media.example.com/a.png", None);
        check_expiry("https://media.example.com/a.png?X-Amz-Date=soon&X-Amz-Expires=9", None);
    }
}
