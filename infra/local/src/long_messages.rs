//! Messages that are longer than the embedded SQS takes: 256 KiB, the limit of AWS until 2025, when it became 1 MiB. The rest
//! of such a body travels in attributes of the message, whose length the embedded SQS does not check.

use serde_json::{Map, Value, json};

/// The longest body in bytes.
const MAX_LEN: usize = 262_144;
/// The longest body of AWS, in bytes.
const MAX_LEN_OF_AWS: usize = 1_048_576;
/// The names of the attributes, in their order.
const REST: [&str; 3] = ["local-rest-1", "local-rest-2", "local-rest-3"];

/// Moves what is too long of the body of a `SendMessage` into attributes. A body that is too long for AWS as well is left, so
/// that it is refused.
pub(crate) fn split(message: &mut Map<String, Value>) {
    let body = message.get("MessageBody").and_then(Value::as_str);
    let Some(body) = body.filter(|body| (MAX_LEN + 1..=MAX_LEN_OF_AWS - 100).contains(&body.len())) else { return };
    let (first, mut rest) = body.split_at(body.floor_char_boundary(MAX_LEN));
    let (first, mut parts) = (first.to_owned(), Vec::new());
    while !rest.is_empty() {
        let (part, after) = rest.split_at(rest.floor_char_boundary(MAX_LEN));
        parts.push(part.to_owned());
        rest = after;
    }
    message.insert("MessageBody".to_owned(), first.into());
    if let Some(attributes) = message.entry("MessageAttributes").or_insert_with(|| json!({})).as_object_mut() {
        let attribute = |part: String| json!({ "DataType": "String", "StringValue": part });
        attributes.extend(REST.iter().zip(parts).map(|(name, part)| ((*name).to_owned(), attribute(part))));
    }
}

/// Puts a body together again from what [`split`] made of it.
pub(crate) fn join(body: &mut String, attributes: &mut Map<String, Value>) {
    for name in REST {
        let Some(part) = attributes.remove(name) else { return };
        body.push_str(part["StringValue"].as_str().unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_body_is_whole_again() {
        for (body, parts) in [("a".repeat(MAX_LEN), 0), ("é".repeat(150_000), 1), ("aé€".repeat(170_000), 3)] {
            let mut message = json!({ "MessageBody": body, "MessageAttributes": { "tenant": {} } });
            let message = message.as_object_mut().unwrap();
            split(message);
            let mut attributes = message["MessageAttributes"].as_object().unwrap().clone();
            assert_eq!(attributes.len(), parts + 1);
            let mut joined = message["MessageBody"].as_str().unwrap().to_owned();
            assert!(joined.len() <= MAX_LEN);
            join(&mut joined, &mut attributes);
            assert_eq!((joined == body, attributes.len()), (true, 1));
        }
    }

    #[test]
    fn a_body_that_aws_refuses_is_left() {
        let mut message = json!({ "MessageBody": "a".repeat(MAX_LEN_OF_AWS) });
        split(message.as_object_mut().unwrap());
        assert_eq!(message["MessageBody"].as_str().unwrap().len(), MAX_LEN_OF_AWS);
    }
}
