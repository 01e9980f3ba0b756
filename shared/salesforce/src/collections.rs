//! sObject collections: up to 200 records written in one API call.
//!
//! Source: <https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections.html>.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{ApiUsage, Client, Error, Record, Refusal, Reply, SalesforceId};

/// The most records of one request.
pub const MAX_RECORDS: usize = 200;

/// Whether one failure rolls back the rest of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Atomicity {
    /// All records are saved, or none.
    AllOrNone,
    /// Each record succeeds or fails on its own.
    EachAlone,
}

impl Atomicity {
    pub(crate) fn all_or_none(self) -> bool {
        self == Self::AllOrNone
    }
}

/// Whether the org's assignment rules apply to new Leads and Cases. They may give them another owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssignmentRules {
    /// The active rules apply.
    Active,
    /// None applies.
    Off,
}

impl AssignmentRules {
    /// The value of `Sforce-Auto-Assign`; none for Salesforce's default.
    pub(crate) fn header(self) -> Option<&'static str> {
        (self == Self::Off).then_some("FALSE")
    }
}

/// The result of one record.
pub type Saved = Result<SalesforceId, Refusal>;

impl Client {
    /// Creates up to 200 records; the results are in the same order. Give records of one object, or sort them by
    /// object: Salesforce saves each run of one type as a chunk and accepts ten chunks.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] beyond 200. Other errors concern the request as a whole, not single records.
    pub async fn create(&self, records: &[Record], atomicity: Atomicity) -> Result<Reply<Vec<Saved>>, Error> {
        self.collection(Method::POST, records.iter().map(|record| json!(record)).collect(), atomicity).await
    }

    async fn collection(
        &self,
        method: Method,
        records: Vec<Value>,
        atomicity: Atomicity,
    ) -> Result<Reply<Vec<Saved>>, Error> {
        let sent = records.len();
        if sent == 0 {
            return Ok(Reply::without_request(Vec::new()));
        }
        let body = collection_body(records, atomicity)?;
        let answer: Reply<Value> = self.send_json(method, "composite/sobjects", &body).await?;
        let usage = answer.usage;
        answer.try_map(|results| {
            let saved = saved(&results, usage).filter(|saved| saved.len() == sent);
            saved.ok_or_else(Error::unreadable)
        })
    }
}

fn collection_body(records: Vec<Value>, atomicity: Atomicity) -> Result<Value, Error> {
    if records.len() > MAX_RECORDS {
        return Err(Error::Malformed(format!(
            "{} records, but a collection takes at most {MAX_RECORDS}",
            records.len()
        )));
    }
    Ok(json!({ "allOrNone": atomicity.all_or_none(), "records": Value::Array(records) }))
}

/// Reads `[{"id", "success", "errors"}]`; `None` if it is anything else.
fn saved(results: &Value, usage: Option<ApiUsage>) -> Option<Vec<Saved>> {
    let one = |result: &Value| {
        if result.get("success")?.as_bool()? {
            Some(Ok(SalesforceId::parse(result.get("id")?.as_str()?).ok()?))
        } else {
            Some(Err(Refusal::from_json(200, result).with_usage(usage)))
        }
    };
    results.as_array()?.iter().map(one).collect()
}
