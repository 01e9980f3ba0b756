//! The result of one request inside a composite or a graph.

use serde::Deserialize;
use serde_json::Value;

use crate::{ApiUsage, Description, Error, Page, Refusal, SalesforceId};

/// The result of one subrequest.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(from = "Wire")]
pub struct SubResult {
    reference_id: String,
    status: u16,
    outcome: Result<Value, Refusal>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default)]
    body: Value,
    http_status_code: u16,
    reference_id: String,
}

impl From<Wire> for SubResult {
    fn from(wire: Wire) -> Self {
        let status = wire.http_status_code;
        let succeeded = (200..300).contains(&status);
        let outcome = if succeeded { Ok(wire.body) } else { Err(Refusal::from_json(status, &wire.body)) };
        Self { reference_id: wire.reference_id, status, outcome }
    }
}

impl SubResult {
    /// The subrequest's name.
    pub fn reference_id(&self) -> &str {
        &self.reference_id
    }

    /// Whether the subrequest succeeded.
    ///
    /// # Errors
    ///
    /// The refusal.
    pub fn done(&self) -> Result<(), &Refusal> {
        self.outcome.as_ref().map(|_| ())
    }

    /// The id of the record that was created.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it was refused, [`Error::Unanswered`] if its result has another shape.
    pub fn id(&self) -> Result<SalesforceId, Error> {
        let id = self.body()?.get("id").and_then(Value::as_str).and_then(|id| SalesforceId::parse(id).ok());
        id.ok_or_else(Error::unreadable)
    }

    /// The first page of a query; [`crate::Client::all_records`] reads the others.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it was refused, [`Error::Unanswered`] if its result has another shape.
    pub fn page(&self) -> Result<Page, Error> {
        Page::deserialize(self.body()?).map_err(|_| Error::unreadable())
    }

    /// The description of an object.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it was refused, [`Error::Unanswered`] if its result has another shape.
    pub fn description(&self) -> Result<Description, Error> {
        Description::deserialize(self.body()?).map_err(|_| Error::unreadable())
    }

    fn body(&self) -> Result<&Value, Error> {
        self.outcome.as_ref().map_err(|refusal| Error::Refused(refusal.clone()))
    }

    /// The same, with the API usage that the whole response reported.
    pub(crate) fn with_usage(self, usage: Option<ApiUsage>) -> Self {
        Self { outcome: self.outcome.map_err(|refusal| refusal.with_usage(usage)), ..self }
    }
}

/// Without the body.
impl std::fmt::Debug for SubResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SubResult")
            .field("reference_id", &self.reference_id)
            .field("status", &self.status)
            .field("refusal", &self.outcome.as_ref().err())
            .finish_non_exhaustive()
    }
}
