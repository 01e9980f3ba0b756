//! What a person sees when the stack is ready.

use local::StackInfo;
use serde_json::json;

/// Prints where everything is, and a call to try.
pub(crate) fn print(info: &StackInfo) {
    println!();
    println!("  Console      {}", info.console_url);
    println!("  Webhook      {}", info.webhook_url);
    println!("  Salesforce   {}", info.salesforce_url);
    println!();
    println!("  Post a call:");
    println!();
    println!("  curl {} -H 'content-type: application/json' -d '{}'", info.webhook_url, call(&info.webhook_token));
    println!();
    println!("  Ctrl-C stops everything.");
    println!();
}

/// A missed call from a fictional number, in Aircall's shape. It holds no apostrophe, so that the shell takes it as it is.
fn call(token: &str) -> serde_json::Value {
    let started_at = jiff::Timestamp::now().as_second() - 60;
    json!({
        "resource": "call", "event": "call.ended", "timestamp": started_at + 30, "token": token,
        "data": {
            "id": started_at, "direction": "inbound", "status": "done", "raw_digits": "+1 415-555-0132",
            "started_at": started_at, "answered_at": null, "ended_at": started_at + 25, "duration": 25,
            "missed_call_reason": "no_available_agent", "voicemail": null, "recording": null, "asset": null,
            "user": null, "contact": null, "comments": [], "tags": [],
            "number": {
                "id": 1001, "name": "Sales line", "digits": "+1 415-555-0100", "country": "US",
                "time_zone": "America/Los_Angeles", "open": true,
            },
        },
    })
}
