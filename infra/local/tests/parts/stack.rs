//! The whole stack with the real functions: tenants, restarts, and the end of every process.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use local::{Options, Stack, TenantHandle, TenantOptions, TenantOrg};
use serde_json::{Value, json};

/// A client that ignores a proxy of the environment.
fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

/// Posts the webhook of a missed call from a phone number to the tenant.
async fn post_call(url: &str, token: &str, id: u32, from: &str) {
    let call = json!({
        "resource": "call", "event": "call.ended", "timestamp": 1_773_342_300, "token": token,
        "data": {
            "id": id, "direction": "inbound", "status": "done", "raw_digits": from, "duration": 25,
            "started_at": 1_773_342_238, "answered_at": null, "ended_at": 1_773_342_263,
            "missed_call_reason": "no_available_agent", "voicemail": null, "recording": null, "asset": null,
            "user": null, "contact": null, "comments": [], "tags": [],
            "number": {
                "id": 1001, "name": "Sales line", "digits": "+1 415-555-0100", "country": "US",
                "time_zone": "America/Los_Angeles", "open": true,
            },
        },
    });
    let response = http().post(url).json(&call).send().await.expect("a response");
    assert_eq!(response.status(), 200);
}

/// Keys of the Tasks of an org, once there are at least `count`; fewer after the timeout.
async fn tasks(org: &salesforce_sandbox::Org, count: usize) -> Vec<String> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let tasks = org.records("Task");
        if tasks.len() >= count || Instant::now() > deadline {
            return tasks.iter().filter_map(|task| task["CallObject"].as_str()).map(ToOwned::to_owned).collect();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn add_contact(org: &salesforce_sandbox::Org, phone: &str) {
    org.insert("Contact", json!({ "LastName": "Example", "Phone": phone })).expect("a contact");
}

async fn tenant_with_an_org_of_its_own(stack: &Stack) -> TenantHandle {
    let options = TenantOptions { org: TenantOrg::Own(Box::default()), ..TenantOptions::default() };
    stack.add_tenant(options).await.expect("a tenant")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_tenants_calls_go_to_its_own_org() {
    let stack = Stack::start(Options::default()).await.expect("a stack");
    let own = tenant_with_an_org_of_its_own(&stack).await;
    add_contact(stack.salesforce(), "+14155550132");
    add_contact(&own.org, "+14155550132");
    // Its access token is refreshed with the credentials of the one app that all orgs authorise.
    let expire = format!("{}/_sandbox/expire_sessions", own.salesforce_url);
    assert!(http().post(expire).send().await.expect("a response").status().is_success());

    post_call(&own.webhook_url, &own.webhook_token, 1, "+14155550132").await;
    post_call(&stack.info().webhook_url, &stack.info().webhook_token, 2, "+14155550132").await;
    assert_eq!(tasks(&own.org, 1).await, ["call-1"]);
    assert_eq!(tasks(stack.salesforce(), 1).await, ["call-2"]);
    stack.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_function_is_started_again() {
    let stack = Stack::start(Options::default()).await.expect("a stack");
    add_contact(stack.salesforce(), "+14155550133");
    for function in ["intake", "evaluate", "write", "console", "reconcile"] {
        stack.kill(function).expect("a function");
    }
    assert!(stack.kill("unknown").is_err());
    post_call(&stack.info().webhook_url, &stack.info().webhook_token, 3, "+14155550133").await;
    assert_eq!(tasks(stack.salesforce(), 1).await, ["call-3"]);
    stack.stop().await.expect("stopped");
}

/// A request for the webhooks of the sandbox Aircall, with the API key that the stack publishes.
fn webhooks(stack: &Stack, method: reqwest::Method) -> reqwest::RequestBuilder {
    let info = stack.info();
    let request = http().request(method, format!("{}/v1/webhooks", info.aircall_url));
    request.basic_auth(&info.aircall_api_id, Some(&info.aircall_api_token))
}

#[tokio::test(flavor = "multi_thread")]
async fn state_survives_a_restart_and_no_process_survives_a_stop() {
    let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("stack-{}", std::process::id()));
    let stack_file = data.join("stack.json");
    let options = || Options {
        data: Some(data.clone()),
        stack_file: Some(stack_file.clone()),
        logs: Some(data.join("logs")),
        // The calls are of fixed days.
        connected_since: Some(jiff::Timestamp::UNIX_EPOCH),
        ..Options::default()
    };

    let stack = Stack::start(options()).await.expect("a stack");
    let written: Value = serde_json::from_slice(&std::fs::read(&stack_file).expect("a file")).expect("JSON");
    assert_eq!(written, serde_json::to_value(stack.info()).expect("JSON"));
    let (org_id, token) = (stack.salesforce().org_id(), stack.info().webhook_token.clone());
    add_contact(stack.salesforce(), "+14155550134");
    post_call(&stack.info().webhook_url, &token, 4, "+14155550134").await;
    assert_eq!(tasks(stack.salesforce(), 1).await, ["call-4"]);
    let webhook = json!({ "url": stack.info().webhook_url, "events": ["call.ended"] });
    let made = webhooks(&stack, reqwest::Method::POST).json(&webhook).send().await.expect("a response");
    assert_eq!(made.status(), 201);
    let connections = |stack: &Stack, method, path: &str| {
        let url = format!("{}/api/connections{path}", stack.info().console_url);
        http().request(method, url).header("cookie", &stack.info().session_cookie)
    };
    let key = json!({ "api_id": stack.info().aircall_api_id, "api_token": stack.info().aircall_api_token });
    let connected = connections(&stack, reqwest::Method::PUT, "/aircall").json(&key).send().await.expect("a response");
    assert_eq!(connected.status(), 200);
    let processes = processes_of(&stack);
    assert!(processes.len() >= 5, "one for each function at least");
    stack.stop().await.expect("stopped");
    assert!(!stack_file.exists(), "a stopped stack leaves no file behind");
    assert_eq!(processes.iter().filter(|process| process.exists()).count(), 0);

    let stack = Stack::start(options()).await.expect("a stack");
    assert_eq!(stack.salesforce().org_id(), org_id);
    assert_eq!(stack.info().webhook_token, token);
    let kept = webhooks(&stack, reqwest::Method::GET).send().await.expect("a response");
    let kept: Value = kept.json().await.expect("JSON");
    assert_eq!(kept["webhooks"][0]["url"], webhook["url"]);
    let shown = connections(&stack, reqwest::Method::GET, "").send().await.expect("a response");
    let shown: Value = shown.json().await.expect("JSON");
    assert_eq!(shown["aircall"]["state"], "active", "{shown}");
    let activity = format!("{}/api/activity", stack.info().console_url);
    let activity = http().get(activity).header("cookie", &stack.info().session_cookie);
    let activity: Value = activity.send().await.expect("a response").json().await.expect("JSON");
    assert_eq!(activity["entries"][0]["key"], "call-4");
    post_call(&stack.info().webhook_url, &token, 5, "+14155550134").await;
    assert_eq!(tasks(stack.salesforce(), 2).await, ["call-4", "call-5"]);
    stack.stop().await.expect("stopped");
    std::fs::remove_dir_all(&data).expect("removed");
}

/// Waits until a file of the data folder contains a text.
async fn wait_for_text(file: &Path, text: &str) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !std::fs::read_to_string(file).is_ok_and(|saved| saved.contains(text)) {
        assert!(Instant::now() < deadline, "{} does not contain {text}", file.display());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_stack_loses_only_the_last_seconds() {
    let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("killed-{}", std::process::id()));
    let options = || Options { data: Some(data.clone()), ..Options::default() };

    let stack = Stack::start(options()).await.expect("a stack");
    let (org_id, cookie) = (stack.salesforce().org_id(), stack.info().session_cookie.clone());
    add_contact(stack.salesforce(), "+14155550135");
    post_call(&stack.info().webhook_url, &stack.info().webhook_token, 6, "+14155550135").await;
    assert_eq!(tasks(stack.salesforce(), 1).await, ["call-6"]);
    let url = "https://hooks.example.com/";
    let made = webhooks(&stack, reqwest::Method::POST).json(&json!({ "url": url })).send().await.expect("a response");
    assert_eq!(made.status(), 201);
    wait_for_text(&data.join("salesforce.json"), "call-6").await;
    wait_for_text(&data.join("aircall.json"), url).await;
    wait_for_text(&data.join("secrets.json"), "local-SessionKeySecret").await;
    // Dropping the stack saves nothing, like SIGKILL.
    drop(stack);

    let stack = Stack::start(options()).await.expect("a stack");
    assert_eq!(stack.salesforce().org_id(), org_id);
    assert_eq!(tasks(stack.salesforce(), 1).await, ["call-6"]);
    let settings = http().get(format!("{}/api/settings", stack.info().console_url)).header("cookie", cookie);
    assert_eq!(settings.send().await.expect("a response").status(), 200, "the session is still signed with the key");
    drop(stack);

    // A snapshot of the org from before a token refresh does not have the new tokens.
    std::fs::remove_file(data.join("salesforce.json")).expect("removed");
    let stack = Stack::start(options()).await.expect("a stack");
    add_contact(stack.salesforce(), "+14155550136");
    post_call(&stack.info().webhook_url, &stack.info().webhook_token, 7, "+14155550136").await;
    assert_eq!(tasks(stack.salesforce(), 1).await, ["call-7"]);
    stack.stop().await.expect("stopped");
    std::fs::remove_dir_all(&data).expect("removed");
}

/// The processes whose environment names a queue of this stack, as `/proc` shows them. Each function has one.
fn processes_of(stack: &Stack) -> Vec<PathBuf> {
    let mark = format!("QUEUE_URL={}/", stack.info().aws_endpoint_urls.sqs);
    let processes = std::fs::read_dir("/proc").expect("Linux").filter_map(Result::ok);
    let is_ours = |process: &PathBuf| {
        let environment = std::fs::read(process.join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| String::from_utf8_lossy(variable).contains(&mark))
    };
    processes.map(|process| process.path()).filter(is_ours).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_runs_on_demand() {
    let stack = Stack::start(Options::default()).await.expect("a stack");
    let info = stack.info();
    let sweep = &info.schedules["ReconcileFunctionSweep"];
    let swept = http().post(sweep).send().await.expect("a response");
    assert_eq!(swept.status(), 200);
    assert_eq!(swept.json::<Value>().await.expect("JSON"), Value::Null);
    assert_eq!(http().get(sweep).send().await.expect("a response").status(), 405);
    let other = sweep.replace("Sweep", "Other");
    assert_eq!(http().post(other).send().await.expect("a response").status(), 404);

    let delete = json!({ "TableName": info.tables["CallsTable"] }).to_string();
    let request = http()
        .post(&info.aws_endpoint_urls.dynamodb)
        .header("x-amz-target", "DynamoDB_20120810.DeleteTable")
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-date", "20260101T000000Z")
        .header("authorization", "AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=none");
    assert!(request.body(delete).send().await.expect("a response").status().is_success());
    let failed = http().post(sweep).send().await.expect("a response");
    assert_eq!(failed.status(), 500);
    let body: Value = failed.json().await.expect("JSON");
    assert!(body["error"].as_str().expect("a text").contains("the function failed"), "{body}");
}
