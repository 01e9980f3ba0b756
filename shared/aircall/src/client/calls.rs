//! The calls API, which also has calls whose webhooks were lost.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rules::{CallEvent, CallId};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::pages::{Meta, PER_PAGE};
use super::{Client, Error, Transport};
use crate::{WebhookError, call, lenient};

/// Most calls that Aircall returns for one query, in two hundred requests.
pub const MAX_CALLS: usize = 10_000;
/// Most calls of a page.
pub const CALLS_PER_PAGE: usize = PER_PAGE;

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

    /// Whether it is of one of these lines. One whose line is unknown may be.
    pub fn is_on(&self, lines: &BTreeSet<u64>) -> bool {
        self.read().map_or(true, |call| call.line.is_unknown() || lines.contains(&call.line.id.0))
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

/// A page of calls, oldest first.
#[derive(Debug, Clone)]
pub struct CallPage {
    /// Up to [`CALLS_PER_PAGE`] calls.
    pub calls: Vec<Call>,
    /// Whether there is a further page.
    pub has_next: bool,
}

impl Client {
    /// A page, counted from 1, of the calls that started between two instants, both inclusive, with second precision.
    ///
    /// Aircall lists calls of the last six months, and at most [`MAX_CALLS`] of a query: go on from the start of the last
    /// call before that.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn call_page(&self, from: Timestamp, to: Timestamp, page: u32) -> Result<CallPage, Error> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(default)]
            meta: Meta,
            calls: Vec<Box<RawValue>>,
        }
        let mut url = self.url("/v1/calls");
        url.query_pairs_mut()
            .append_pair("from", &from.as_second().to_string())
            .append_pair("to", &to.as_second().to_string())
            .append_pair("order", "asc")
            .append_pair("fetch_contact", "true")
            .append_pair("page", &page.to_string())
            .append_pair("per_page", &CALLS_PER_PAGE.to_string());
        let Wire { meta, calls } = self.get(url).await?;
        Ok(CallPage { calls: calls.into_iter().filter_map(Call::from_json).collect(), has_next: meta.has_next() })
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
