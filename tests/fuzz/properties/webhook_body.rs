// What holds for every text that is posted to the webhook. The fuzz target and the tests of `aircall` both check it.

use aircall::Webhook;
use rules::decide::decide;
use rules::{CallDocument, Company, DigestKey, Document, MessageDocument, Messages, OwnLines, Settings, TaskStatus};

/// The greatest lengths of a Task's fields in Salesforce: subject, key, description.
const MAX_LENGTHS: [usize; 3] = [255, 64, 32_000];

/// Checks the properties.
///
/// # Panics
/// If one does not hold.
pub(crate) fn check(body: &str) {
    let received_at = "2026-04-01T00:00:00Z".parse().unwrap();
    match Webhook::parse(body, received_at) {
        Ok(Webhook::Call(report)) => {
            let call = CallDocument::from(*report);
            assert_eq!(call.clone().merge(call.clone()), call);
            check_document(&call.into());
        }
        Ok(Webhook::Message(snapshot)) => {
            let message = MessageDocument::from(*snapshot);
            assert_eq!(message.clone().merge(message.clone()), message);
            let stored = serde_json::to_value(&message).unwrap();
            assert_eq!(serde_json::from_value::<MessageDocument>(stored).unwrap(), message);
            for message in message.messages(&DigestKey::new([7; 32]), &OwnLines::default(), |_| false) {
                check_document(&Document::Messages(Messages::from_message(message, 1, None)));
            }
        }
        Ok(Webhook::Uninstalled(_) | Webhook::Other) => {}
        Err(error) => assert!(!error.path.is_empty() && !error.reason.is_empty(), "{error:?}"),
    }
}

/// A document is stored and read back, decided about, and becomes a Task that Salesforce takes.
fn check_document(document: &Document) {
    let at = "2026-04-01T00:00:00Z".parse().unwrap();
    let stored = serde_json::to_value(document).unwrap();
    assert_eq!(Document::from_stored(stored, at).as_ref(), Ok(document));
    let settings = Settings::default();
    let _ = decide(document, &settings, &Company::default(), None);
    let task = document.interaction().task(TaskStatus::Completed, &settings, "Grace Example");
    for (text, max) in [&task.subject, &task.key, &task.description].into_iter().zip(MAX_LENGTHS) {
        assert!(text.encode_utf16().count() <= max, "{text:?}");
    }
    assert!(task.key.bytes().all(|byte| byte.is_ascii_graphic()), "{:?}", task.key);
}
