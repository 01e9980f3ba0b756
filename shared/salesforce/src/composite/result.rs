//! What became of one request inside a composite or a graph.

use serde::Deserialize;
use serde_json::Value;

use crate::collections::saved;
use crate::{Error, Page, Refusal, SalesforceId, Saved};

/// What became of one subrequest.
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
        let outcome = if succeeded { Ok(wire.body) } else { Err(Refusal::of_json(status, &wire.body)) };
        Self { reference_id: wire.reference_id, status, outcome }
    }
}

impl SubResult {
    /// The subrequest's name.
    pub fn reference_id(&self) -> &str {
        &self.reference_id
    }

    /// Whether it was done, whatever it was. A collection is done even if some of its records were refused.
    ///
    /// # Errors
    ///
    /// Why it was not.
    pub fn done(&self) -> Result<(), &Refusal> {
        self.outcome.as_ref().map(|_| ())
    }

    /// The id of the record that was created.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it was refused, [`Error::Unanswered`] if its result is something else.
    pub fn id(&self) -> Result<SalesforceId, Error> {
        let id = self.body()?.get("id").and_then(Value::as_str).and_then(|id| SalesforceId::parse(id).ok());
        id.ok_or_else(Error::unreadable)
    }

    /// The first page of a query; [`crate::Client::all_records`] reads the others.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it was refused, [`Error::Unanswered`] if its result is something else.
    pub fn page(&self) -> Result<Page, Error> {
        Page::deserialize(self.body()?).map_err(|_| Error::unreadable())
    }

    /// What became of each record of a collection.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it was refused, [`Error::Unanswered`] if its result is something else.
    pub fn saved(&self) -> Result<Vec<Saved>, Error> {
        saved(self.status, self.body()?).ok_or_else(Error::unreadable)
    }

    fn body(&self) -> Result<&Value, Error> {
        self.outcome.as_ref().map_err(|refusal| Error::Refused(refusal.clone()))
    }

    /// Every refusal in it: its own, or those of its collection's records.
    fn refusals(&self) -> Vec<Refusal> {
        match &self.outcome {
            Err(refusal) => vec![refusal.clone()],
            Ok(body) => saved(self.status, body).unwrap_or_default().into_iter().filter_map(Result::err).collect(),
        }
    }
}

/// Why a composite or graph failed: the first refusal that is not merely the consequence of another.
pub fn cause(results: &[SubResult]) -> Option<Refusal> {
    let mut refusals: Vec<_> = results.iter().flat_map(SubResult::refusals).collect();
    let cause = refusals.iter().position(|refusal| !refusal.is_consequence()).unwrap_or(0);
    (cause < refusals.len()).then(|| refusals.swap_remove(cause))
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
