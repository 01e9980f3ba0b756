//! A log event as one line of JSON, with its metrics.

use std::fmt::{self, Debug};
use std::time::SystemTime;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime as Now};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use crate::metrics;

/// The field of the runtime's span that says which invocation a line belongs to.
const REQUEST_ID: &str = "requestId";

/// Writes time, level, module, message, fields and the invocation's request id as one JSON object.
///
/// Lambda treats a line that lacks `timestamp` or `level` as one of level INFO.
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>
#[derive(Debug)]
pub(crate) struct LogLine {
    /// CloudWatch's namespace for the metrics.
    pub(crate) namespace: String,
}

impl<S> FormatEvent<S, JsonFields> for LogLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut line = fields.0;
        let mut target = metadata.target();
        if target == metrics::TARGET {
            metrics::embed(&mut line, &self.namespace, SystemTime::now());
            target = metadata.module_path().unwrap_or(target);
        }
        let mut timestamp = String::new();
        Now.format_time(&mut Writer::new(&mut timestamp))?;
        line.insert("timestamp".to_owned(), timestamp.into());
        line.insert("level".to_owned(), metadata.level().as_str().into());
        line.insert("target".to_owned(), target.into());
        if let Some(request_id) = request_id(context) {
            line.insert(REQUEST_ID.to_owned(), request_id);
        }
        writeln!(writer, "{}", Value::Object(line))
    }
}

fn request_id<S>(context: &FmtContext<'_, S, JsonFields>) -> Option<Value>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    context.event_scope()?.find_map(|span| {
        let extensions = span.extensions();
        let fields = extensions.get::<FormattedFields<JsonFields>>()?;
        serde_json::from_str::<Map<String, Value>>(fields).ok()?.remove(REQUEST_ID)
    })
}

/// The fields of an event.
#[derive(Debug, Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn insert(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.insert(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field, value);
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::json;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;
    use crate::start::lines;

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn without_time(mut line: Value) -> Value {
        let timestamp = line.as_object_mut().unwrap().remove("timestamp").unwrap();
        let timestamp = timestamp.as_str().unwrap();
        assert!(timestamp.contains('T') && timestamp.ends_with('Z'), "{timestamp} is not as in RFC 3339");
        line
    }

    /// The lines that `work` logs, without their times.
    fn logged(work: impl FnOnce()) -> Vec<Value> {
        let output = Output::default();
        let writer = output.clone();
        let subscriber =
            tracing_subscriber::registry().with(lines("a namespace".to_owned()).with_writer(move || writer.clone()));
        tracing::subscriber::with_default(subscriber, work);
        let text = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
        let parsed = text.lines().map(|line| serde_json::from_str(line).unwrap());
        parsed.map(|line: Value| without_time(line)).collect()
    }

    #[test]
    fn an_event_with_metrics_is_one_line() {
        let lines = logged(|| {
            let invocation = tracing::info_span!("invocation", requestId = "8f14", xrayTraceId = "Root=1");
            let _entered = invocation.enter();
            let (tenant, key) = ("one", "call-7");
            tracing::info!(target: metrics::TARGET, CallsLogged = 1_u64, tenant, key = %key, "logged\n");
        });
        let [line] = &lines[..] else { panic!("{lines:?}") };
        assert!(line["_aws"]["Timestamp"].is_u64());
        let name = &line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"];
        let mut rest = line.clone();
        rest.as_object_mut().unwrap().remove("_aws");
        let expected = json!({ "level": "INFO", "target": "lambda::log_line::tests", "message": "logged\n",
            "requestId": "8f14", "CallsLogged": 1, "tenant": "one", "key": "call-7" });
        assert_eq!((name, rest), (&json!("CallsLogged"), expected));
    }

    #[test]
    fn a_field_that_looks_like_a_metric_is_none_in_other_events() {
        let lines = logged(|| tracing::warn!(CallsLogged = 1, "a trap"));
        let expected =
            json!({ "level": "WARN", "target": "lambda::log_line::tests", "message": "a trap", "CallsLogged": 1 });
        assert_eq!(lines, [expected]);
    }
}
