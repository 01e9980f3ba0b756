//! The console's API conforms to its OpenAPI document: schemathesis sends it valid and invalid requests.
//!
//! It runs for a minute, or for `SCHEMATHESIS_SECONDS` seconds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use local::demo::bodies::CallBody;
use local::{TenantHandle, TenantOptions, TenantOrg};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Running, TestEnv};

/// How long schemathesis runs by default, seconds.
const DEFAULT_SECONDS: &str = "60";
/// The call that the document's examples name.
const EXAMPLE: u64 = 3127;

/// The number of responses by operation and status code.
type Counts = BTreeMap<String, BTreeMap<String, u64>>;

/// The tenant, connected to the stack's org, again if it was disconnected.
async fn connected(running: &Running) -> TenantHandle {
    let options = TenantOptions { id: Some("documented".to_owned()), org: TenantOrg::Shared };
    running.stack.add_tenant(options).await.unwrap()
}

/// Creates calls that are logged, skipped and failed, and one that is not over.
async fn calls(env: &TestEnv) {
    env.contact("Lou Sample", "+33639980001");
    env.contact("Fay Sample", "+33639980002");
    env.refuse("Task", "Subject", "Fay", "Fay takes no calls");
    let logged: Vec<_> = (1..=30).map(CallBody::inbound).collect();
    let failing: Vec<_> = (EXAMPLE..EXAMPLE + 3).map(|id| CallBody::inbound(id).from("+33 6 39 98 00 02")).collect();
    let skipped = CallBody::inbound(40).from("anonymous");
    env.post(CallBody::inbound(41).event("call.created")).await;
    env.end(logged.iter().chain(&failing).chain([&skipped])).await;
    assert_eq!(env.activity(&failing[0].key()).await["state"], "failed");
    assert_eq!(env.activity(&logged[0].key()).await["state"], "logged");
}

/// Creates an API token and returns its text and its id.
async fn token(env: &TestEnv) -> (String, String) {
    let request = env.admin(Method::POST, "/api/tokens").json(&json!({"name": "Schemathesis"}));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    let token: Value = answer.json().await.unwrap();
    let text = |key: &str| token[key].as_str().unwrap().to_owned();
    (text("token"), text("id"))
}

/// Connects Salesforce or Aircall if it is not connected, so that requests can read and disconnect it.
async fn connect(env: &TestEnv) {
    let info = env.running.stack.info();
    let key = json!({"api_id": info.aircall_api_id, "api_token": info.aircall_api_token});
    let answer = env.admin(Method::GET, "/api/connections").send().await.unwrap();
    let connections: Value = answer.json().await.unwrap();
    if connections["salesforce"].is_null() {
        connected(&env.running).await;
    } else if connections["aircall"].is_null() {
        // Ignores the response: Aircall's rate limit for this minute may be reached.
        env.admin(Method::PUT, "/api/connections/aircall").json(&key).send().await.unwrap();
    }
}

/// Repeats [`connect`] forever.
async fn keep_connected(env: &TestEnv) -> ! {
    loop {
        connect(env).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Where `tests/run` installs its tools.
fn tool(name: &str) -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| std::env::home_dir().map(|home| home.join(".cache"))).expect("a home directory");
    let tool = cache.join("aircall-salesforce/venv/bin").join(name);
    assert!(tool.exists(), "there is no {name}: run tests/run once, which installs it");
    tool
}

/// The schemathesis command with this token and the tenant's session. Its hooks write the counts to `answers`.
fn schemathesis(env: &TestEnv, (token, token_id): (String, String), answers: &Path) -> Command {
    let info = env.running.stack.info();
    let session = env.tenant.session_cookie.split_once('=').expect("a cookie").1;
    let seconds = std::env::var("SCHEMATHESIS_SECONDS").unwrap_or_else(|_| DEFAULT_SECONDS.to_owned());
    let mut command = Command::new(tool("schemathesis"));
    command
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/schemathesis"))
        .args(["run", "--checks=all", "--no-color", "--generation-database=none", "--max-time", &seconds])
        .arg(format!("{}/api/openapi.json", info.console_url))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("CONSOLE_TOKEN", token)
        .env("CONSOLE_TOKEN_ID", token_id)
        .env("CONSOLE_SESSION", session)
        .env("AIRCALL_API_ID", &info.aircall_api_id)
        .env("AIRCALL_API_TOKEN", &info.aircall_api_token)
        .env("ANSWERS", answers);
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_conforms_to_its_document() {
    let running = Running::start("openapi").await;
    let env = TestEnv::for_tenant(&running, connected(&running).await);
    // With a company's limit of 120 requests a minute, Aircall would refuse most requests of this test.
    let aircall = running.stack.aircall();
    let mut options = aircall.options();
    options.rate_limit = 600;
    aircall.set_options(options);
    connect(&env).await;
    calls(&env).await;
    // The document's example of a version of the settings is the seventh.
    for version in 1..=7 {
        env.put_settings(json!({"api_usage_limit": 90 + version % 2})).await;
    }
    let answers = Path::new(env!("CARGO_TARGET_TMPDIR")).join("openapi-answers.json");
    let mut command = schemathesis(&env, token(&env).await, &answers);
    let run = tokio::task::spawn_blocking(move || command.output().expect("schemathesis runs"));
    let output = tokio::select! {
        output = run => output.unwrap(),
        never = keep_connected(&env) => never,
    };
    let output_text = String::from_utf8_lossy(&output.stdout);
    let counts: Counts =
        serde_json::from_str(&std::fs::read_to_string(&answers).unwrap_or_default()).unwrap_or_default();
    println!("{output_text}\n{counts:#?}");
    assert!(output.status.success(), "{output_text}\n{}\n{counts:#?}", String::from_utf8_lossy(&output.stderr));
}
