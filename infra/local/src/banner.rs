//! The text that is printed when the stack is ready.

use local::StackInfo;
use serde_json::json;

/// Prints the stack's addresses, and commands to try.
pub(crate) fn print(info: &StackInfo) {
    println!("{}", text(info));
}

fn text(info: &StackInfo) -> String {
    let StackInfo {
        console_url, webhook_url, salesforce_url, session_cookie, aircall_api_id, aircall_api_token, ..
    } = info;
    let call = call(&info.webhook_token);
    format!(
        "
  Console      {console_url}
  Webhook      {webhook_url}
  Salesforce   {salesforce_url}

  Sign in to the console as the org's admin, and connect Aircall there with
  API ID {aircall_api_id} and API token {aircall_api_token}.
  Or post a call, and find it in the activity log:

  curl {webhook_url} -H 'content-type: application/json' -d '{call}'
  curl {console_url}/api/activity -b '{session_cookie}'

  Ctrl-C stops everything.
"
    )
}

/// The webhook of a missed call from a fictional number. It contains no apostrophe, so a shell can quote it.
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use local::{StackInfo, services::EndpointUrls};

    use super::text;

    #[test]
    fn the_banner_has_the_addresses_and_the_commands() {
        let unused = || "http://127.0.0.1:1".to_owned();
        let info = StackInfo {
            console_url: "http://127.0.0.1:8080".to_owned(),
            webhook_url: "http://127.0.0.1:8080/webhooks/aircall/sf-00d000000000001eag".to_owned(),
            webhook_token: "token".to_owned(),
            session_cookie: "session=abc".to_owned(),
            salesforce_url: "http://127.0.0.1:8081".to_owned(),
            salesforce_access_token: String::new(),
            aircall_url: unused(),
            aircall_api_id: String::new(),
            aircall_api_token: String::new(),
            aws_endpoint_urls: EndpointUrls { dynamodb: unused(), sqs: unused(), secretsmanager: unused() },
            aws_calls: None,
            tenant: "sf-00d000000000001eag".to_owned(),
            tables: BTreeMap::new(),
            queues: BTreeMap::new(),
            schedules: BTreeMap::new(),
            pid: 1,
        };
        let text = text(&info);
        assert!(text.contains("  curl http://127.0.0.1:8080/api/activity -b 'session=abc'\n"), "{text}");
        assert!(text.contains("  Console      http://127.0.0.1:8080\n"), "{text}");
    }
}
