//! Composite graphs: many bundles in one API call, each in its own transaction.
//!
//! Source: <https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-graph-limits.md>.

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use crate::composite::{CompositeResponse, bodies};
use crate::{ApiUsage, Client, Error, Reply, SubResult, Subrequest};

/// The most graphs of one request.
pub const MAX_GRAPHS: usize = 75;

/// The most subrequests of all graphs of one request.
pub const MAX_NODES: usize = 500;

/// A bundle that is written atomically. It may only create records.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    /// The bundle's name, unique in the request.
    pub id: String,
    /// Its parts, in order.
    pub subrequests: Vec<Subrequest>,
}

/// The result of one bundle.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphResult {
    /// The bundle's name.
    pub id: String,
    /// Whether it was written.
    pub is_successful: bool,
    /// The results of its parts, in their order. If the bundle was not written, the cause is the refusal that is not a
    /// consequence ([`crate::Refusal::is_consequence`]).
    pub results: Vec<SubResult>,
}

#[derive(Deserialize)]
struct Wire {
    graphs: Vec<WireGraph>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireGraph {
    graph_id: String,
    graph_response: CompositeResponse,
    is_successful: bool,
}

impl Client {
    /// Writes up to 75 bundles with up to 500 parts in total; the results are in the same order.
    ///
    /// Salesforce stops after 14 failed graphs and refuses the rest with `PROCESSING_HALTED`.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] beyond the limits. Other errors concern the request as a whole, not single bundles.
    pub async fn graph(&self, graphs: &[Graph]) -> Result<Reply<Vec<GraphResult>>, Error> {
        let nodes: usize = graphs.iter().map(|graph| graph.subrequests.len()).sum();
        if graphs.is_empty() {
            return Ok(Reply::without_request(Vec::new()));
        }
        if graphs.len() > MAX_GRAPHS || nodes > MAX_NODES {
            return Err(Error::Malformed(format!("{} graphs with {nodes} subrequests", graphs.len())));
        }
        if graphs.iter().flat_map(|graph| &graph.subrequests).any(Subrequest::is_query) {
            return Err(Error::Malformed("a graph takes no queries".to_owned()));
        }
        let mut body = Vec::new();
        for Graph { id, subrequests } in graphs {
            body.push(json!({ "graphId": id, "compositeRequest": bodies(subrequests, self.version())? }));
        }
        let answer: Reply<Wire> = self.send_json(Method::POST, "composite/graph", &json!({ "graphs": body })).await?;
        let usage = answer.usage;
        answer.try_map(|wire| in_order(wire.graphs, graphs, usage))
    }
}

fn in_order(mut answers: Vec<WireGraph>, graphs: &[Graph], usage: Option<ApiUsage>) -> Result<Vec<GraphResult>, Error> {
    let one = |graph: &Graph| {
        let at = answers.iter().position(|answer| answer.graph_id == graph.id).ok_or_else(Error::unreadable)?;
        let WireGraph { graph_id, graph_response, is_successful } = answers.swap_remove(at);
        let results = graph_response.results(&graph.subrequests, usage)?;
        Ok(GraphResult { id: graph_id, is_successful, results })
    };
    graphs.iter().map(one).collect()
}
