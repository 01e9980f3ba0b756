//! Calls that Aircall knows, whether or not a webhook told of them.

use jiff::Timestamp;
use rules::CallId;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::pages::Meta;
use super::{Client, Error, Transport};
use crate::{WebhookError, call, lenient};

/// Calls that Aircall pages through, however many there are: two hundred requests.
pub const MAX_CALLS: usize = 10_000;

/// A call of the API.
#[derive(Debug, Clone)]
pub struct Call {
    /// Aircall's id.
    pub id: CallId,
    /// When it began to ring.
    pub started_at: Option<Timestamp>,
    /// When it ended, if it has.
    pub ended_at: Option<Timestamp>,
    json: Box<RawValue>,
}

impl Call {
    /// The call as the rules know it.
    ///
    /// # Errors
    /// If it lacks what nothing can be logged without: direction, line, start.
    pub fn read(&self) -> Result<rules::Call, WebhookError> {
        call::read(&self.json)
    }

    /// The body of the `call.ended` that Aircall would send of it now, without a token; none while the call goes on.
    ///
    /// `asked_at` is when it was asked for. What a webhook tells of a later moment counts more, and that of an earlier
    /// one less.
    pub fn ended_body(&self, asked_at: Timestamp) -> Option<String> {
        self.ended_at?;
        let (timestamp, data) = (asked_at.as_second(), self.json.get());
        Some(format!(r#"{{"resource":"call","event":"call.ended","timestamp":{timestamp},"data":{data}}}"#))
    }

    /// None if it has no id.
    fn from_json(json: Box<RawValue>) -> Option<Self> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(deserialize_with = "lenient::id")]
            id: u64,
            #[serde(default, deserialize_with = "lenient::time")]
            started_at: Option<Timestamp>,
            #[serde(default, deserialize_with = "lenient::time")]
            ended_at: Option<Timestamp>,
        }
        let Wire { id, started_at, ended_at } = serde_json::from_str(json.get()).ok()?;
        Some(Self { id: CallId(id), started_at, ended_at, json })
    }
}

impl Client {
    /// The first calls that began between two instants, both of them included, to the second; the oldest first, and
    /// `most` or [`MAX_CALLS`] at most. One request for each fifty.
    ///
    /// If there are so many, ask again from when the last one began. With a small `most`, the rate limit never costs
    /// what was read already. Aircall looks back six months.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn calls(&self, from: Timestamp, to: Timestamp, most: usize) -> Result<Vec<Call>, Error> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(default)]
            meta: Meta,
            calls: Vec<Box<RawValue>>,
        }
        let (from, to) = (from.as_second().to_string(), to.as_second().to_string());
        let query = [("from", from.as_str()), ("to", &to), ("order", "asc"), ("fetch_contact", "true")];
        let open = |wire: Wire| (wire.meta, wire.calls.into_iter().filter_map(Call::from_json).collect());
        self.pages("/v1/calls", &query, most.min(MAX_CALLS), open).await
    }

    /// A call of any age; none if there is none of this id.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn call(&self, id: CallId) -> Result<Option<Call>, Error> {
        #[derive(Deserialize)]
        struct Wire {
            call: Box<RawValue>,
        }
        let mut url = self.url(&format!("/v1/calls/{}", id.0));
        url.set_query(Some("fetch_contact=true"));
        let Some(wire): Option<Wire> = self.find(url).await? else { return Ok(None) };
        Call::from_json(wire.call).map(Some).ok_or_else(|| Error::unanswered(Transport::Unreadable))
    }
}
