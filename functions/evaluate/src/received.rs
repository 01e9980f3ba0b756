//! Reads a message of the events queue. A body that cannot be read is no error, since a retry would not help: it becomes an
//! entry that says so.

use std::collections::BTreeSet;
use std::panic::catch_unwind;

use aircall::{Webhook, WebhookError};
use aws_lambda_events::sqs::SqsMessage;
use jiff::Timestamp;
use lambda::queue::{Event, Fetch, TooLong, digest};
use rules::{CallReport, FetchCause, Fetched, Unreadable};
use store::TenantId;

use crate::evaluate::EvaluateError;

/// An event of a tenant.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) tenant: TenantId,
    /// When it was queued, which is when Aircall sent it.
    pub(crate) at: Timestamp,
    pub(crate) content: Content,
    /// Whether Aircall has just sent it: a sign that its webhook sends.
    pub(crate) is_fresh: bool,
    /// The key of the entry that it has because it could not be read or was given up, if it is sent once more.
    pub(crate) entry: Option<String>,
}

/// What an event says.
#[derive(Debug)]
pub(crate) enum Content {
    /// It is a webhook that can be read.
    Webhook(Webhook),
    /// It cannot be read.
    Unreadable {
        unreadable: Unreadable,
        /// The body to keep, with its digest; none if it was too long to be queued.
        body: Option<(String, String)>,
    },
}

/// Reads a message.
///
/// # Errors
/// When the queue's own part of it cannot be read.
pub(crate) fn read(message: SqsMessage, now: Timestamp) -> Result<Received, EvaluateError> {
    let at = queued_at(&message).unwrap_or(now);
    let Event { tenant, body, too_long, fetch, is_given_up, entry } =
        Event::read(message).map_err(EvaluateError::Malformed)?;
    let tenant = TenantId::parse(&tenant)?;
    // A panic is a fault of ours, which no retry of the same body mends.
    let parsed = catch_unwind(|| Webhook::parse(&body, at)).unwrap_or_else(|_| Err(panicked()));
    let is_fetched = fetch.is_some();
    let unreadable = |key: Option<String>, path: &str, reason: String, digest: &str| Unreadable {
        key: key.unwrap_or_else(|| format!("unread-{digest}")),
        at: now,
        path: path.to_owned(),
        reason,
        bodies: BTreeSet::from([digest.to_owned()]),
        is_fetched,
        is_given_up,
    };
    let content = match (too_long, parsed) {
        (too_long, parsed) if is_given_up => {
            let about = about(&parsed);
            let (digest, body) = match too_long {
                Some(TooLong { digest, .. }) => (digest, None),
                None => (digest(&body), Some(body)),
            };
            // Another event of the same call may have been evaluated, so it has an entry of its own.
            let unreadable = unreadable(None, "", about, &digest);
            Content::Unreadable { body: body.map(|body| (digest, body)), unreadable }
        }
        (None, Ok(Webhook::Call(report))) => {
            Content::Webhook(Webhook::Call(Box::new(fetched(*report, fetch.as_ref()))))
        }
        (None, Ok(webhook)) => Content::Webhook(webhook),
        (None, Err(error)) => {
            let digest = digest(&body);
            let unreadable = unreadable(error.key, &error.path, error.reason.to_owned(), &digest);
            Content::Unreadable { unreadable, body: Some((digest, body)) }
        }
        (Some(TooLong { bytes, digest }), parsed) => {
            let key = match parsed {
                Ok(Webhook::Call(report)) => Some(report.id.key()),
                Ok(Webhook::Message(_) | Webhook::Uninstalled(_) | Webhook::Other) => None,
                Err(error) => error.key,
            };
            let unreadable = unreadable(key, "body", format!("is too long, with {bytes} bytes"), &digest);
            Content::Unreadable { unreadable, body: None }
        }
    };
    Ok(Received { tenant, at, content, is_fresh: !is_fetched && !is_given_up && entry.is_none(), entry })
}

/// When SQS got the message; it is in all that Lambda delivers.
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>
fn queued_at(message: &SqsMessage) -> Option<Timestamp> {
    Timestamp::from_millisecond(message.attributes.get("SentTimestamp")?.parse().ok()?).ok()
}

/// The report of a call, with when and why Aircall was asked for it: if it is of the period that was asked for.
fn fetched(report: CallReport, fetch: Option<&Fetch>) -> CallReport {
    let begin = report.started_at.or(report.ended_at).unwrap_or(report.at).as_second();
    let end = report.ended_at.map_or(begin, Timestamp::as_second);
    let fetch = fetch.filter(|fetch| fetch.from <= end && begin <= fetch.until);
    let cause = |fetch: &Fetch| FetchCause::from_key(&fetch.cause).unwrap_or_default();
    let fetched = fetch.map(|fetch| Fetched { at: report.at, cause: cause(fetch) });
    CallReport { fetched, ..report }
}

/// What an event is about: the key of a call or a message.
fn about(parsed: &Result<Webhook, WebhookError>) -> String {
    let key = match parsed {
        Ok(Webhook::Call(report)) => Some(report.id.key()),
        Ok(Webhook::Message(snapshot)) => Some(snapshot.id.key()),
        Ok(Webhook::Uninstalled(_) | Webhook::Other) => None,
        Err(error) => error.key.clone(),
    };
    key.unwrap_or_else(|| "an unknown call".to_owned())
}

fn panicked() -> WebhookError {
    WebhookError { path: "body".to_owned(), reason: "makes the program panic", key: None }
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::sqs::SqsMessageAttribute;

    use super::*;

    fn received(body: &str, too_long: bool) -> Content {
        let mut message = SqsMessage::default();
        message.body = Some(body.to_owned());
        let too_long = [("bytes", "1000001"), ("digest", "0123456789abcdef")].into_iter().filter(|_| too_long);
        for (name, value) in too_long.chain([("tenant", "one")]) {
            let mut attribute = SqsMessageAttribute::default();
            attribute.string_value = Some(value.to_owned());
            message.message_attributes.insert(name.to_owned(), attribute);
        }
        read(message, "2026-03-23T10:00:00Z".parse().unwrap()).unwrap().content
    }

    #[track_caller]
    fn check(content: Content, key: &str, sentence: &str, is_kept: bool) {
        let Content::Unreadable { unreadable, body } = content else { panic!("{content:?}") };
        assert_eq!((unreadable.key.as_str(), unreadable.sentence().as_str(), body.is_some()), (key, sentence, is_kept));
    }

    #[test]
    fn a_body_that_cannot_be_read_is_kept_under_the_key_of_its_call_or_its_digest() {
        let body = r#"{"event":"call.ended","timestamp":1774254600,"data":{"id":null}}"#;
        let key = format!("unread-{}", digest(body));
        check(
            received(body, false),
            &key,
            "An event of Aircall could not be read: data.id is missing or malformed.",
            true,
        );
        let body = r#"{"event":"call.ended","data":{"id":7}}"#;
        let Content::Unreadable { unreadable, .. } = received(body, false) else { panic!("it has no time") };
        assert_eq!(unreadable.key, "call-7");
    }

    #[track_caller]
    fn check_fetched(fetch: &str, expected: Option<FetchCause>) {
        let mut message = SqsMessage::default();
        let data = r#"{"id":7,"started_at":1774254000,"ended_at":1774254060}"#;
        message.body = Some(format!(r#"{{"event":"call.ended","timestamp":1774254600,"data":{data}}}"#));
        for (name, value) in [("tenant", "one"), ("backfill", fetch)] {
            let mut attribute = SqsMessageAttribute::default();
            attribute.string_value = Some(value.to_owned());
            message.message_attributes.insert(name.to_owned(), attribute);
        }
        let Content::Webhook(Webhook::Call(report)) =
            read(message, "2026-03-23T10:00:00Z".parse().unwrap()).unwrap().content
        else {
            panic!("not a call");
        };
        let at = Timestamp::from_second(1_774_254_600).unwrap();
        assert_eq!(report.fetched, expected.map(|cause| Fetched { at, cause }), "{fetch}");
    }

    #[test]
    fn a_call_of_the_period_that_was_asked_for_says_when_and_why() {
        check_fetched(r#"{"from":1774254000,"until":1774254000,"cause":"repaired"}"#, Some(FetchCause::Repaired));
        check_fetched(r#"{"from":0,"until":1774260000,"cause":"of the future"}"#, Some(FetchCause::Compared));
    }

    #[test]
    fn a_call_of_another_time_or_with_an_unreadable_period_is_an_ordinary_one() {
        check_fetched(r#"{"from":1774254061,"until":1774260000,"cause":"repaired"}"#, None);
        check_fetched(r#"{"from":0,"until":1774253999,"cause":"repaired"}"#, None);
        check_fetched("repaired", None);
    }

    #[test]
    fn a_note_of_a_body_that_was_too_long_has_the_key_of_its_call() {
        let sentence = "An event of Aircall could not be read: body is too long, with 1000001 bytes.";
        let note = r#"{"event":"call.ended","timestamp":1774254600,"data":{"id":7}}"#;
        check(received(note, true), "call-7", sentence, false);
        let note = r#"{"event":"call.ended","timestamp":null,"data":{"id":null}}"#;
        check(received(note, true), "unread-0123456789abcdef", sentence, false);
    }
}
