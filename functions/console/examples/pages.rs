//! Serves only the console's pages, with an embedded DynamoDB, for work on their design:
//! `cargo run -p console --example pages`. A number as argument adds that many sample calls. `cargo run` starts the whole
//! local stack instead.

#[path = "sample/calls.rs"]
mod calls;

use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn};
use console::session::Session;
use console::{Aircall, Console, DecideAgainBounds};
use jiff::Timestamp;
use lambda::queue::{RetryQueue, WriteQueue};
use org::{Lookup, OrgConnector, Owners, PendingTokens};
use salesforce::ApiVersion;
use secrecy::SecretString;
use store::test_tables::TestTables;
use store::{
    AircallCredentials, AllowedOrgs, ApiTokens, AppSecret, Calls, ConsentLinks, EndedSessions, History, OrgList,
    Phones, SessionKeys, SettingsStore, SignIns, TenantId, Tenants, Tokens,
};

#[tokio::main]
async fn main() -> Result<()> {
    let tables = TestTables::start().await;
    let key = SecretString::from("the key of the example");
    // Neither vendor is reachable, and the pages say so.
    let aws = test_aws::config("http://127.0.0.1:1");
    let secrets = aws_sdk_secretsmanager::Client::new(&aws);
    let session = Session::new(TenantId::parse("example")?, "ada@example.com", Timestamp::now())
        .called("Ada Example", "Example Org");
    let cookie = HeaderValue::try_from(session.sign(&key))?;
    let history = History::new(tables.dynamodb.clone(), "ConsoleTable");
    let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
    let http = reqwest::Client::new();
    let console = Console {
        calls: Calls::new(tables.dynamodb.clone(), "CallsTable"),
        settings: SettingsStore::new(tables.dynamodb.clone(), "SettingsTable").with_history(history.clone()),
        history,
        retry_queue: RetryQueue::new(
            aws_sdk_sqs::Client::new(&aws),
            "https://sqs.us-east-1.example.com/000000000000/writes",
        ),
        write_queue: WriteQueue::new(
            aws_sdk_sqs::Client::new(&aws),
            "https://sqs.us-east-1.example.com/000000000000/writes",
        ),
        decide_again: DecideAgainBounds::default(),
        sign_ins: SignIns::new(tables.dynamodb.clone(), "ConsoleTable"),
        consent_links: ConsentLinks::new(tables.dynamodb.clone(), "ConsoleTable"),
        ended_sessions: EndedSessions::new(tables.dynamodb.clone(), "ConsoleTable"),
        api_tokens: ApiTokens::new(tables.dynamodb.clone(), "ConsoleTable"),
        connector: OrgConnector {
            http: http.clone(),
            tenants: tenants.clone(),
            tokens: Tokens::new(secrets.clone(), "example/salesforce/"),
            app: AppSecret::new(secrets.clone(), "example/app"),
            version: ApiVersion::parse("66.0").context("a version")?,
            pending: PendingTokens::default(),
            renewal: Duration::from_secs(17),
        },
        salesforce_login_url: None,
        allowed_orgs: AllowedOrgs::new(OrgList::All, tenants.clone()),
        public_url: None,
        app_install_url: None,
        lookup: Lookup {
            phones: Phones::new(tables.dynamodb.clone(), "PhonesTable"),
            tenants: tenants.clone(),
            owners: Owners::default(),
        },
        aircall: Aircall::new(
            http,
            "https://api.aircall.example.com".parse()?,
            "https://dashboard.aircall.example.com".parse()?,
            AircallCredentials::new(secrets.clone(), "example/aircall/"),
            AppSecret::new(secrets, "example/aircall-app"),
        ),
        tenants,
        session_keys: SessionKeys::fixed(key),
    };
    if let Some(count) = std::env::args().nth(1) {
        calls::add_samples(&console.calls, &console.tenants, &session.tenant, count.parse()?).await?;
    }
    // Every request is signed in, except for the sign-in page itself.
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
