//! Tests of the client against the sandbox org, which validates requests as Salesforce would.

mod checking;
mod finding;
mod granting;
mod injecting;
mod logging;
mod signing_in;

use salesforce_sandbox::{Options, Org};
use serde_json::Value;
use url::Url;

use crate::{ApiVersion, Client, SalesforceId};

/// A sandbox org on a loopback port, and a client of its admin.
struct Served {
    org: Org,
    url: Url,
    client: Client,
    refresh_token: String,
}

async fn serve(options: Options) -> Served {
    let org = Org::new(options);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let router = org.router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let grant = org.issue_grant(&org.admin_user_id());
    let token = grant.access_token.into();
    let client = Client::new(reqwest::Client::new(), url.clone(), token, ApiVersion::default());
    Served { org, url, client, refresh_token: grant.refresh_token }
}

impl Served {
    fn insert(&self, sobject: &str, record: Value) -> SalesforceId {
        self.org.insert(sobject, record).unwrap().parse().unwrap()
    }
}
