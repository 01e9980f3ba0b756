//! Bodies that nobody but an attacker sends: none makes the program panic, or takes long.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::bodies::{full, parse_text, shapes};

#[path = "../../../../tests/fuzz/properties/webhook_body.rs"]
mod webhook_body;

/// What a body is broken with.
const PIECES: [&str; 22] = [
    "",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    ",",
    ":",
    "null",
    "1e999",
    "-0",
    "9223372036854775808",
    "\\ud83d",
    "\\u0000",
    "\u{202e}",
    "@{",
    "\n",
    "{\"id\":7}",
    "\"data\":{},",
    "\"id\":\"x\",",
    "[[[[",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_broken_body_is_refused_or_becomes_a_task_that_salesforce_takes(
        shape in any::<Index>(),
        cuts in proptest::collection::vec((any::<Index>(), 0usize..30, select(&PIECES[..])), 0..6),
    ) {
        let mut body = shape.get(&shapes()).to_string();
        for (place, length, piece) in cuts {
            let places: Vec<usize> = body.char_indices().map(|(at, _)| at).chain([body.len()]).collect();
            let start = place.index(places.len());
            let end = (start + length).min(places.len() - 1);
            body.replace_range(places[start]..places[end], piece);
        }
        webhook_body::check(&body);
    }

    #[test]
    fn a_body_with_any_text_in_any_field_becomes_a_task_that_salesforce_takes(
        shape in any::<Index>(), text in any::<String>(), repeat in 1usize..400,
    ) {
        let text = serde_json::to_string(&text.repeat(repeat)).unwrap();
        let body = shape.get(&shapes()).to_string();
        for old in ["\"inbound\"", "\"Ada\"", "\"Product line\"", "\"Lou\"", "\"VIP\"", "\"Call back\"", "\"done\""] {
            webhook_body::check(&body.replace(old, &text));
        }
    }

    #[test]
    fn any_text_is_no_body(text in any::<String>()) {
        webhook_body::check(&text);
    }
}

/// Generous, because it is a bound for what grows with the square of the length: minutes for a body of a megabyte.
const TIME_LIMIT: Duration = Duration::from_secs(20);

#[test]
fn no_body_of_a_megabyte_takes_long() {
    let body = full().to_string();
    let fill = |piece: &str| piece.repeat(1_000_000 / piece.len());
    let with = |old: &str, new: &str| {
        assert!(body.contains(old), "{old}");
        body.replacen(old, new, 1)
    };
    let comment = r#"{"id":1,"content":"a","posted_at":1774260000},"#;
    let comments: Vec<String> = (0..15_000).map(|id| comment.replace("\"id\":1", &format!("\"id\":{id}"))).collect();
    let comments = comments.concat();
    for (name, hostile) in [
        ("nested lists", with("\"comments\":[", &format!("\"comments\":[{}", fill("[")))),
        ("nested objects", with("\"teams\":[", &format!("\"teams\":[{}", fill("{\"a\":")))),
        ("comments", with("\"comments\":[", &format!("\"comments\":[{comments}"))),
        ("tags", with("\"tags\":[", &format!("\"tags\":[{}", fill(r#"{"id":1,"name":"a"},"#)))),
        ("one long word", with("\"Call back\"", &format!("\"{}\"", fill("a")))),
        ("lone surrogates", with("\"Call back\"", &format!("\"{}\"", fill("\\ud83d")))),
        ("marks", with("\"Call back\"", &format!("\"{}\"", fill("\u{301}")))),
        ("line breaks", with("\"Call back\"", &format!("\"{}\"", fill("\\n")))),
        ("a long phone number", with("\"+44 20 7946 0958\"", &format!("\"{}\"", fill("+1 2")))),
        ("digits", with("\"duration\":120", &format!("\"duration\":{}", fill("9")))),
        ("repeated keys", with("\"data\":{", &format!("\"data\":{{{}", fill("\"id\":7,")))),
        (
            "participants",
            with("\"participants\":[", &format!("\"participants\":[{}", fill(r#"{"type":"user","id":7},"#))),
        ),
    ] {
        let started = Instant::now();
        webhook_body::check(&hostile);
        let _ = parse_text(&hostile);
        assert!(started.elapsed() < TIME_LIMIT, "{name}: {:?}", started.elapsed());
    }
}
