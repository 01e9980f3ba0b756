//! Composite requests: up to 25 subrequests in one API call, which may reference each other's results.
//!
//! Source: <https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite.htm>.

mod result;
mod subrequest;

use std::collections::HashSet;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

pub use result::SubResult;
pub use subrequest::Subrequest;
pub(crate) use subrequest::escape_references;

use crate::{ApiUsage, ApiVersion, Atomicity, Client, Error, Reply};

/// The most subrequests of one composite.
pub const MAX_SUBREQUESTS: usize = 25;

/// The most of them that may be queries.
pub const MAX_QUERIES: usize = 5;

impl Client {
    /// Sends up to 25 subrequests, executed in order; the results are in the same order.
    ///
    /// Success only means that Salesforce processed the request: each subrequest has its own result. With
    /// [`Atomicity::AllOrNone`], a failure rolls back everything; its cause is the refusal that is not a consequence
    /// ([`crate::Refusal::is_consequence`]).
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] beyond the limits. Other errors concern the request as a whole, not its parts.
    pub async fn composite(
        &self,
        subrequests: &[Subrequest],
        atomicity: Atomicity,
    ) -> Result<Reply<Vec<SubResult>>, Error> {
        if subrequests.is_empty() {
            return Ok(Reply::without_request(Vec::new()));
        }
        let queries = subrequests.iter().filter(|subrequest| subrequest.is_query()).count();
        if subrequests.len() > MAX_SUBREQUESTS || queries > MAX_QUERIES {
            let count = subrequests.len();
            return Err(Error::Malformed(format!("{count} subrequests, {queries} of them queries")));
        }
        let body = json!({
            "allOrNone": atomicity.all_or_none(),
            // Otherwise Salesforce chooses the order of subrequests that do not reference each other.
            "collateSubrequests": false,
            "compositeRequest": bodies(subrequests, self.version())?,
        });
        let answer: Reply<CompositeResponse> = self.send_json(Method::POST, "composite", &body).await?;
        let usage = answer.usage;
        answer.try_map(|response| response.results(subrequests, usage))
    }
}

/// The JSON of the subrequests of one composite or graph.
pub(crate) fn bodies(subrequests: &[Subrequest], version: &ApiVersion) -> Result<Vec<Value>, Error> {
    let mut seen = HashSet::new();
    let body = |subrequest: &Subrequest| {
        let reference = subrequest.reference_id();
        let is_name = reference.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if reference.is_empty() || !is_name || !seen.insert(reference.to_owned()) {
            return Err(Error::Malformed(format!("reference id {reference:?} is used twice or is not a name")));
        }
        subrequest.json(version)
    };
    subrequests.iter().map(body).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CompositeResponse {
    composite_response: Vec<SubResult>,
}

impl CompositeResponse {
    /// The results in the order of the subrequests, if there is one for each.
    pub(crate) fn results(self, subrequests: &[Subrequest], usage: Option<ApiUsage>) -> Result<Vec<SubResult>, Error> {
        let mut results: Vec<_> = self.composite_response.into_iter().map(|result| result.with_usage(usage)).collect();
        let position = |result: &SubResult| subrequests.iter().position(|s| s.reference_id() == result.reference_id());
        results.sort_by_key(position);
        let fits =
            results.len() == subrequests.len() && results.iter().enumerate().all(|(i, r)| position(r) == Some(i));
        if fits { Ok(results) } else { Err(Error::unreadable()) }
    }
}
