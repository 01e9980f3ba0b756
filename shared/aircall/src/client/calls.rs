//! The calls API, which also has calls whose webhooks were lost.

use jiff::Timestamp;
use rules::{CallEvent, CallId};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::pages::Meta;
use super::{Client, Error, Transport};
use crate::{WebhookError, call, lenient};

/// Most calls that Aircall returns for one query, in two hundred requests.
pub const MAX_CALLS: usize = 10_000;

/// A call as the API returns it.
#[derive(Debug, Clone)]
pub struct Call {
    /// Aircall's id.
    pub id: CallId,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// When it ended, if it has.
    pub ended_at: Option<Timestamp>,
    json: Box<RawValue>,
}

impl Call {
    /// Converts to the type of [`rules`].
    ///
    /// # Errors
    /// If it has no time.
    pub fn read(&self) -> Result<rules::Call, WebhookError> {
        let event = if self.ended_at.is_some() { CallEvent::Ended } else { CallEvent::Created };
        Ok(call::read(self.json.get(), event, None, Timestamp::MAX)?.call())
    }

    /// The `call.ended` webhook body that Aircall would send for the call now, without a token.
    /// `None` while the call is in progress.
    ///
    /// `requested_at` is when the call was requested and becomes the body's timestamp. In a merge, the body takes
    /// precedence over earlier webhooks, and later webhooks take precedence over it.
    pub fn ended_body(&self, requested_at: Timestamp) -> Option<String> {
        self.ended_at?;
        let (timestamp, data) = (requested_at.as_second(), self.json.get());
        Some(format!(r#"{{"resource":"call","event":"call.ended","timestamp":{timestamp},"data":{data}}}"#))
    }

    /// `None` if it has no id.
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
    /// The calls that started between two instants, both inclusive, with second precision; oldest first, at most
    /// `limit` or [`MAX_CALLS`]. One request per fifty.
    ///
    /// If the limit is reached, repeat from the start of the last call. With a small `limit`, a rate limit error does
    /// not discard calls that were already read. Aircall lists calls of the last six months.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn calls(&self, from: Timestamp, to: Timestamp, limit: usize) -> Result<Vec<Call>, Error> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(default)]
            meta: Meta,
            calls: Vec<Box<RawValue>>,
        }
        let (from, to) = (from.as_second().to_string(), to.as_second().to_string());
        let query = [("from", from.as_str()), ("to", &to), ("order", "asc"), ("fetch_contact", "true")];
        let open = |wire: Wire| (wire.meta, wire.calls.into_iter().filter_map(Call::from_json).collect());
        self.pages("/v1/calls", &query, limit.min(MAX_CALLS), open).await
    }

    /// The call with this id, of any age, if it exists.
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
