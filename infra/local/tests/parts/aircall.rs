//! The demo's calls have to match the company of the sandbox Aircall.

use aircall_sandbox::{Company, Options};
use local::demo::bodies::CallBody;
use serde_json::Value;

/// The company's objects of this kind, from its snapshot.
fn objects(kind: &str) -> Value {
    Company::new(Options::default()).snapshot()[kind].clone()
}

#[track_caller]
fn check(nested: &Value, kind: &str, fields: &[&str]) {
    let expected = &objects(kind)[nested["id"].to_string()];
    for field in fields {
        assert!(!nested[*field].is_null(), "{nested}");
        assert_eq!(nested[*field], expected[*field], "{field}");
    }
}

#[test]
fn the_demos_line_and_user_exist_in_the_sandbox() {
    let call = CallBody::outbound(1).event("call.ended")["data"].clone();
    check(&call["number"], "numbers", &["name", "digits", "country", "time_zone"]);
    check(&call["user"], "users", &["name", "email"]);
}
