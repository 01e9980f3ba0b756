//! A webhook's envelope, the only part of the body that this function reads.

use serde::Deserialize;
use serde_json::Value;

use crate::response::WebhookResponse;

/// A webhook's event and token. Its data is ignored.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Envelope {
    /// Aircall's name of the event.
    pub(crate) event: Option<String>,
    /// The webhook's token.
    pub(crate) token: Option<String>,
}

impl Envelope {
    /// Parses the envelope. The whole body must be valid JSON.
    ///
    /// # Errors
    /// The response to a body that is not a JSON object.
    pub(crate) fn parse(body: &str) -> Result<Self, WebhookResponse> {
        /// Accepts any JSON values, so that a token that is not a string is a wrong token and not a bad request.
        #[derive(Deserialize)]
        struct Fields {
            #[serde(default)]
            event: Value,
            #[serde(default)]
            token: Value,
        }
        let text = |value: Value| match value {
            Value::String(text) => Some(text),
            _ => None,
        };
        // Serde would accept an array as the fields in their order.
        if !body.trim_ascii_start().starts_with('{') {
            return Err(WebhookResponse::BadRequest { field: "body", message: "The body is not a JSON object." });
        }
        let fields: Fields = serde_json::from_str(body)
            .map_err(|_| WebhookResponse::BadRequest { field: "body", message: "The body is not JSON." })?;
        Ok(Self { event: text(fields.event), token: text(fields.token) })
    }
}

/// Escapes U+FFFE and U+FFFF, which JSON allows but SQS refuses. They can only occur in JSON strings, so the result is
/// equivalent JSON.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
pub(crate) fn for_sqs(body: String) -> String {
    if body.contains(['\u{fffe}', '\u{ffff}']) {
        body.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff")
    } else {
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, event: Option<&str>, token: Option<&str>) {
        let expected = Envelope { event: event.map(str::to_owned), token: token.map(str::to_owned) };
        assert_eq!(Envelope::parse(body), Ok(expected));
    }

    #[test]
    fn event_and_token_are_read_and_nothing_else() {
        check(r#" {"event":"call.ended","token":"t","data":{"token":"other"}} "#, Some("call.ended"), Some("t"));
        check("{}", None, None);
        check(r#"{"event":1,"token":["t"]}"#, None, None);
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

    #[test]
    fn characters_that_sqs_refuses_are_escaped() {
        let body = "{\"name\":\"a\u{fffe}b\u{ffff}ü\u{1f600}\"}";
        let sent = for_sqs(body.to_owned());
        assert_eq!(sent, "{\"name\":\"a\\ufffeb\\uffffü\u{1f600}\"}");
        let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(parse(&sent), parse(body));
    }
}
