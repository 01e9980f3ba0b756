//! The pages alone, with an embedded DynamoDB: `cargo run -p console --example pages`, for whoever works on their looks.
//! With a number behind it, as many calls are in the log. The real thing is the local stack: `cargo run`.

#[path = "sample/calls.rs"]
mod calls;

use anyhow::Result;
use aws_sdk_sqs::config::{BehaviorVersion, Config, Region};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn};
use console::Console;
use console::session::Session;
use jiff::Timestamp;
use lambda::queue::Bell;
use secrecy::SecretString;
use store::test_tables::TestTables;
use store::{Calls, History, SettingsStore, TenantId, Tenants};

#[tokio::main]
async fn main() -> Result<()> {
    let tables = TestTables::start().await;
    let key = SecretString::from("the key of the example");
    let sqs = Config::builder().behavior_version(BehaviorVersion::latest()).region(Region::new("us-east-1")).build();
    let session = Session::new(TenantId::parse("example")?, "ada@example.com", Timestamp::now())
        .called("Ada Example", "Example Org");
    let cookie = HeaderValue::try_from(session.sign(&key))?;
    let history = History::new(tables.dynamodb.clone(), "ConsoleTable");
    let console = Console {
        calls: Calls::new(tables.dynamodb.clone(), "CallsTable"),
        settings: SettingsStore::new(tables.dynamodb.clone(), "SettingsTable").with_history(history.clone()),
        history,
        tenants: Tenants::new(tables.dynamodb.clone(), "TenantsTable"),
        bell: Bell::new(aws_sdk_sqs::Client::from_conf(sqs), "https://sqs.us-east-1.example.com/000000000000/writes"),
        session_keys: vec![key],
    };
    if let Some(count) = std::env::args().nth(1) {
        calls::play(&console.calls, &console.tenants, &session.tenant, count.parse()?).await?;
    }
    // Whoever asks is signed in, but for the sign-in page itself.
    let signed_in = move |mut request: Request, next: Next| {
        if request.uri().path() != "/login" {
            request.headers_mut().append(header::COOKIE, cookie.clone());
        }
        async move { next.run(request).await }
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 8090)).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, console::router(console).layer(from_fn(signed_in))).await?;
    Ok(())
}
