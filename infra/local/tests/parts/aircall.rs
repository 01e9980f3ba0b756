//! The sandbox Aircall and the demo's calls, which are to be of one company.

use aircall_sandbox::{Company, Options};
use local::demo::bodies::CallBody;
use serde_json::Value;

/// The company's things of this kind, by what its snapshot says.
fn things(kind: &str) -> Value {
    Company::new(Options::default()).snapshot()[kind].clone()
}

#[track_caller]
fn check(nested: &Value, kind: &str, fields: &[&str]) {
    let whole = &things(kind)[nested["id"].to_string()];
    for field in fields {
        assert!(!nested[*field].is_null(), "{nested}");
        assert_eq!(nested[*field], whole[*field], "{field}");
    }
}

#[test]
fn the_demos_line_and_user_are_the_companys() {
    let call = CallBody::outbound(1).event("call.ended")["data"].clone();
    check(&call["number"], "numbers", &["name", "digits", "country", "time_zone"]);
    check(&call["user"], "users", &["name", "email"]);
}
