// What holds for every text that is sent or stored as a settings document. The fuzz target and the tests of `rules` both
// check it.

use rules::Settings;
use serde_json::Value;

/// Checks the properties.
///
/// # Panics
/// If one does not hold.
pub(crate) fn check(text: &str) {
    let Ok(document) = serde_json::from_str::<Value>(text) else { return };
    let (strict, lenient) = (Settings::parse(&document), Settings::from_stored(document));
    match strict {
        Ok(settings) => {
            assert_eq!(Settings::parse(&written(&settings)).as_ref(), Ok(&settings));
            assert_eq!(lenient.as_ref(), Ok(&settings), "what a program may send is read as it was sent");
        }
        Err(problems) => assert!(!problems.is_empty() && problems.iter().all(|problem| !problem.message.is_empty())),
    }
    if let Ok(settings) = lenient {
        assert_eq!(Settings::from_stored(written(&settings)), Ok(settings));
    }
}

fn written(settings: &Settings) -> Value {
    serde_json::to_value(settings).unwrap()
}
