//! A webhook's envelope, the only part of the body that this function reads.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::response::WebhookResponse;

/// A webhook body and the fields of its envelope.
#[derive(Debug)]
pub(crate) struct Envelope<'b> {
    /// Aircall's name of the event.
    pub(crate) event: Option<String>,
    /// The webhook's token.
    pub(crate) token: Option<String>,
    body: &'b str,
    fields: Fields<'b>,
}

/// Any JSON values, so that a token that is not a string is a wrong token and not a bad request.
#[derive(Debug, Deserialize)]
struct Fields<'b> {
    #[serde(default)]
    event: Value,
    #[serde(borrow, default)]
    token: Option<&'b RawValue>,
    #[serde(borrow, default)]
    timestamp: Option<&'b RawValue>,
    #[serde(borrow, default)]
    data: Option<&'b RawValue>,
}

/// Maximum length in bytes of an id or time in a note: Aircall's are shorter.
const MAX_NOTED_LEN: usize = 100;

impl<'b> Envelope<'b> {
    /// Parses the envelope. The whole body must be valid JSON.
    ///
    /// # Errors
    /// The response to a body that is not a JSON object.
    pub(crate) fn parse(body: &'b str) -> Result<Self, WebhookResponse> {
        // Serde would accept an array as the fields in their order.
        if !body.trim_ascii_start().starts_with('{') {
            return Err(WebhookResponse::BadRequest { field: "body", message: "The body is not a JSON object." });
        }
        let fields: Fields = serde_json::from_str(body)
            .map_err(|_| WebhookResponse::BadRequest { field: "body", message: "The body is not JSON." })?;
        let token = fields.token.and_then(|token| serde_json::from_str(token.get()).ok());
        Ok(Self { event: fields.event.as_str().map(ToOwned::to_owned), token, body, fields })
    }

    /// The body as it is queued: with a blank in place of the token, and in the characters that SQS takes.
    pub(crate) fn for_sqs(&self) -> String {
        let body = match self.fields.token {
            Some(token) => {
                let start = token.get().as_ptr().addr() - self.body.as_ptr().addr();
                let (before, after) = (&self.body[..start], &self.body[start + token.get().len()..]);
                Cow::from([before, r#""""#, after].concat())
            }
            None => Cow::from(self.body),
        };
        if body.contains(['\u{fffe}', '\u{ffff}']) {
            // JSON allows them, in strings only, and SQS refuses them:
            // <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
            body.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
        } else {
            body.into_owned()
        }
    }

    /// What is queued in place of a body that is too long: its event, its time and the id of what it is about.
    pub(crate) fn note(&self) -> String {
        #[derive(Deserialize)]
        struct Data {
            #[serde(default)]
            id: Value,
        }
        let id = self.fields.data.and_then(|data| serde_json::from_str::<Data>(data.get()).ok()).map(|data| data.id);
        let id = id.filter(|id| id.is_u64() || id.as_str().is_some_and(|id| id.len() <= MAX_NOTED_LEN));
        let timestamp = self.fields.timestamp.filter(|timestamp| timestamp.get().len() <= MAX_NOTED_LEN);
        json!({ "event": self.event.as_deref().map(str::trim), "timestamp": timestamp, "data": { "id": id } })
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, event: Option<&str>, token: Option<&str>) {
        let envelope = Envelope::parse(body).unwrap();
        assert_eq!((envelope.event.as_deref(), envelope.token.as_deref()), (event, token));
    }

    #[test]
    fn event_and_token_are_read_and_nothing_else() {
        check(r#" {"event":"call.ended","token":"t","data":{"token":"other"}} "#, Some("call.ended"), Some("t"));
        check("{}", None, None);
        check(r#"{"event":1,"token":["t"]}"#, None, None);
        check(r#"{"event":null,"token":null}"#, None, None);
    }

    #[test]
    fn deeply_nested_data_is_accepted() {
        let deep = format!(r#"{{"event":"call.ended","data":{}{}}}"#, "[".repeat(50_000), "]".repeat(50_000));
        check(&deep, Some("call.ended"), None);
    }

    #[test]
    fn a_body_that_is_not_a_json_object_is_refused() {
        for body in
            ["", "x", "[]", r#"["call.ended","t"]"#, "\"{}\"", "null", "{", "{} {}", r#"{"data":}"#, "\u{feff}{}"]
        {
            let response = Envelope::parse(body).unwrap_err();
            assert!(matches!(response, WebhookResponse::BadRequest { field: "body", .. }), "{body}");
        }
    }

    #[track_caller]
    fn queued(body: &str, expected: &str) {
        assert_eq!(Envelope::parse(body).unwrap().for_sqs(), expected);
    }

    #[test]
    fn the_token_is_not_queued_and_everything_else_is() {
        queued(r#"{"token" : "se\"cret" ,"data":{"token":"x"}}"#, r#"{"token" : "" ,"data":{"token":"x"}}"#);
        queued(r#"{"tok\u0065n":"secret"}"#, r#"{"tok\u0065n":""}"#);
        queued(r#"{"data":1,"token":["a",{"b":2}]}"#, r#"{"data":1,"token":""}"#);
        queued(r#"{"data":"é"}"#, r#"{"data":"é"}"#);
    }

    #[test]
    fn characters_that_sqs_refuses_are_replaced_by_one_of_the_same_length() {
        let body = "{\"name\":\"a\u{fffe}b\u{ffff}ü\u{1f600}\"}";
        let sent = Envelope::parse(body).unwrap().for_sqs();
        assert_eq!(sent, "{\"name\":\"a\u{fffd}b\u{fffd}ü\u{1f600}\"}");
        assert_eq!(sent.len(), body.len());
    }

    #[test]
    fn a_note_names_the_event_its_time_and_its_subject() {
        let note = |body: &str| serde_json::from_str::<Value>(&Envelope::parse(body).unwrap().note()).unwrap();
        let body = r#"{"event":"call.ended","timestamp":1774254600,"token":"t","data":{"id":7,"comments":["long"]}}"#;
        assert_eq!(note(body), json!({"event": "call.ended", "timestamp": 1_774_254_600, "data": {"id": 7}}));
        let long = format!(r#"{{"id":"{}"}}"#, "7".repeat(101));
        for data in ["[]", r#"{"id":[7]}"#, "{}", "null", &long] {
            let body = format!(r#"{{"event":"call.ended","data":{data}}}"#);
            let expected = json!({"event": "call.ended", "timestamp": null, "data": {"id": null}});
            assert_eq!(note(&body), expected, "{data}");
        }
    }
}
