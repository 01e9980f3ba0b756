//! The resources that create several records in one request, and their answers in one shape.

use serde_json::{Value, json};

use crate::client::{Client, data};

/// A resource that creates records.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Resource {
    /// One request for each record.
    Alone,
    /// The headers are those of the request.
    Collection,
    /// The headers are those of each subrequest.
    Composite,
    /// A graph for each record; the headers are those of its node.
    Graph,
}

impl Resource {
    pub(crate) const ALL: [Self; 4] = [Self::Alone, Self::Collection, Self::Composite, Self::Graph];
    /// The resources that create all records in one request.
    pub(crate) const TOGETHER: [Self; 3] = [Self::Collection, Self::Composite, Self::Graph];

    /// Creates records of these objects, and returns the first error of each, or null.
    pub(crate) async fn create(self, org: &Client, records: &[(&str, Value)], headers: &[(&str, &str)]) -> Vec<Value> {
        let step = |at: usize, (sobject, body): &(&str, Value)| {
            let headers: Value = headers.iter().map(|(name, value)| (*name, json!(value))).collect();
            json!({"method": "POST", "url": data(&format!("sobjects/{sobject}")), "referenceId": format!("r{at}"),
                "body": body, "httpHeaders": headers})
        };
        let steps = || records.iter().enumerate().map(|(at, record)| step(at, record));
        let results = match self {
            Self::Alone => {
                let mut results = Vec::new();
                for (sobject, body) in records {
                    let path = data(&format!("sobjects/{sobject}"));
                    results.push(org.send("POST", &path, Some(body.clone()), headers).await.body);
                }
                results
            }
            Self::Collection => {
                let records = records.iter().map(|(sobject, body)| {
                    let mut record = body.clone();
                    record["attributes"] = json!({"type": sobject});
                    record
                });
                let body = json!({"records": records.collect::<Vec<_>>()});
                let answer = org.send("POST", &data("composite/sobjects"), Some(body), headers).await.body;
                answer.as_array().unwrap().iter().map(|result| result["errors"].clone()).collect()
            }
            Self::Composite => {
                let body = json!({"compositeRequest": steps().collect::<Vec<_>>()});
                let answer = org.post(&data("composite"), body).await.body;
                answer["compositeResponse"].as_array().unwrap().iter().map(|part| part["body"].clone()).collect()
            }
            Self::Graph => {
                let graph =
                    |(at, step): (usize, Value)| json!({"graphId": format!("g{at}"), "compositeRequest": [step]});
                let body = json!({"graphs": steps().enumerate().map(graph).collect::<Vec<_>>()});
                let answer = org.post(&data("composite/graph"), body).await.body;
                let part = |graph: &Value| graph["graphResponse"]["compositeResponse"][0]["body"].clone();
                answer["graphs"].as_array().unwrap().iter().map(part).collect()
            }
        };
        results.iter().map(|result| result[0].clone()).collect()
    }

    /// Creates records of these objects, and returns the code of the first error of each, or "".
    pub(crate) async fn codes(self, org: &Client, records: &[(&str, Value)]) -> Vec<String> {
        self.create(org, records, &[]).await.iter().map(code).collect()
    }
}

/// The code of an error in the shape of a resource or of a collection; "" for null.
pub(crate) fn code(error: &Value) -> String {
    let code = [&error["errorCode"], &error["statusCode"]].into_iter().find_map(Value::as_str);
    code.unwrap_or_default().to_owned()
}
