//! A job and its batches, each of which runs as collection requests.

use std::collections::HashMap;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use sandbox_kit::Parameters;
use serde_json::{Map, Value, json};

use super::csv;
use crate::{
    Org,
    call::Call,
    locks,
    schema::{Kind, Object},
};

/// Jobs by their id.
pub(crate) type Jobs = HashMap<String, Job>;

/// Number of records in a chunk.
const CHUNK: usize = 200;
const AUTO_ASSIGN: HeaderName = HeaderName::from_static("sforce-auto-assign");
/// The value that clears a field; an empty value leaves the field unchanged.
const NULL: &str = "#N/A";

#[derive(Clone, Debug)]
pub(crate) struct Job {
    object: &'static Object,
    operation: String,
    external_id: String,
    pub(super) state: String,
    pub(super) batches: HashMap<String, Batch>,
}

/// The results of a batch, one for each record.
#[derive(Clone, Debug)]
pub(super) struct Batch(Vec<Value>);

impl Job {
    /// An open job; `None` if its operation or content type is not supported.
    pub(super) fn new(object: &'static Object, operation: &str, external_id: &str, content_type: &str) -> Option<Self> {
        let supported = ["insert", "update", "upsert", "delete"].contains(&operation) && content_type == "CSV";
        supported.then(|| Self {
            object,
            operation: operation.to_owned(),
            external_id: external_id.to_owned(),
            state: "Open".to_owned(),
            batches: HashMap::new(),
        })
    }

    pub(super) fn to_xml(&self, id: &str) -> String {
        let Self { object, operation, state, batches, .. } = self;
        format!(
            "<id>{id}</id><operation>{operation}</operation><object>{}</object><state>{state}</state>\
             <concurrencyMode>Parallel</concurrencyMode><contentType>CSV</contentType>\
             <numberBatchesTotal>{}</numberBatchesTotal>",
            object.name,
            batches.len()
        )
    }

    /// Runs the records of a batch; the first row names the fields.
    pub(super) async fn run(&self, org: &Org, version: &str, user_id: &str, rows: &[Vec<String>]) -> Batch {
        let Some((header, rows)) = rows.split_first() else { return Batch(Vec::new()) };
        let mut results = Vec::new();
        for chunk in rows.chunks(CHUNK) {
            let records = chunk.iter().map(|row| self.record(header, row)).collect();
            let call = self.call(version, user_id, records);
            let (answer, _held) = locks::transact(org, call).await;
            // If a chunk is refused as a whole, each of its records gets the error.
            let refused = json!({"success": false, "errors": [{"statusCode": answer.body[0]["errorCode"],
                "message": answer.body[0]["message"], "fields": []}]});
            let each = answer.body.as_array().filter(|_| answer.status == 200).cloned();
            results.extend(each.unwrap_or_else(|| vec![refused; chunk.len()]));
        }
        for result in results.iter_mut().filter(|_| self.operation == "insert") {
            result["created"] = result["success"].clone();
        }
        Batch(results)
    }

    fn record(&self, header: &[String], row: &[String]) -> Map<String, Value> {
        let values = header.iter().zip(row).filter(|(_, value)| !value.is_empty());
        let typed = |(name, value): (&String, &String)| (name.clone(), self.value(name, value));
        let attributes = ("attributes".to_owned(), json!({"type": self.object.name}));
        values.map(typed).chain([attributes]).collect()
    }

    /// The value as typed JSON. A value of the wrong type stays text, so that it is refused.
    fn value(&self, name: &str, value: &str) -> Value {
        let field = self.object.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
        let typed = match field.map(|field| field.kind) {
            _ if value == NULL => Some(Value::Null),
            Some(Kind::Boolean) => value.parse::<bool>().ok().map(Value::from),
            Some(Kind::Int) => value.parse::<i64>().ok().map(Value::from),
            Some(Kind::Number) => value.parse::<f64>().ok().map(Value::from),
            _ => None,
        };
        typed.unwrap_or_else(|| json!(value))
    }

    /// The collection request for a chunk.
    fn call(&self, version: &str, user_id: &str, records: Vec<Map<String, Value>>) -> Call {
        // A record without an id gets an invalid one, so that it is refused at its position.
        let id = |record: &Map<String, Value>| record.get("Id").and_then(Value::as_str).unwrap_or("-").to_owned();
        let ids = records.iter().map(id).collect::<Vec<_>>().join(",");
        let (method, query) = match self.operation.as_str() {
            "insert" => (Method::POST, Parameters::default()),
            "delete" => (Method::DELETE, Parameters::from_iter([("ids".to_owned(), ids)])),
            _ => (Method::PATCH, Parameters::default()),
        };
        let mut segments = vec!["composite".to_owned(), "sobjects".to_owned()];
        if self.operation == "upsert" {
            segments.extend([self.object.name.to_owned(), self.external_id.clone()]);
        }
        let body = (method != Method::DELETE).then(|| json!({"allOrNone": false, "records": records}));
        Call {
            method,
            version: version.to_owned(),
            segments,
            query,
            // A job applies assignment rules only if it names one.
            headers: HeaderMap::from_iter([(AUTO_ASSIGN, HeaderValue::from_static("FALSE"))]),
            body,
            user_id: user_id.to_owned(),
            now: Timestamp::now(),
        }
    }
}

impl Batch {
    pub(super) fn to_xml(&self, job: &str, id: &str) -> String {
        let failed = self.0.iter().filter(|result| result["success"] == json!(false)).count();
        format!(
            "<id>{id}</id><jobId>{job}</jobId><state>Completed</state>\
             <numberRecordsProcessed>{}</numberRecordsProcessed><numberRecordsFailed>{failed}</numberRecordsFailed>",
            self.0.len()
        )
    }

    /// The results as CSV: `Id`, `Success`, `Created` and `Error` of each record.
    pub(super) fn to_csv(&self) -> String {
        let header = csv::row(["Id", "Success", "Created", "Error"]);
        self.0.iter().map(line).fold(header, |text, line| text + &line)
    }
}

fn line(result: &Value) -> String {
    let flag = |name: &str| if result[name] == json!(true) { "true" } else { "false" };
    let error = result["errors"].get(0).map_or_else(String::new, |error| {
        let text = |name: &str| error[name].as_str().unwrap_or_default();
        format!("{}:{}:--", text("statusCode"), text("message"))
    });
    csv::row([result["id"].as_str().unwrap_or_default(), flag("success"), flag("created"), &error])
}
