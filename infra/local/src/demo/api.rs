//! The demo's HTTP client: the webhook, and the console's API as a signed-in admin.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use reqwest::{Client, RequestBuilder, StatusCode, header};
use serde::Deserialize;
use serde_json::Value;

use crate::StackInfo;

/// Maximum number of entries on a page of the activity log.
const PAGE: &str = "100";

/// An HTTP client of the stack.
pub(super) struct Api<'a> {
    http: Client,
    info: &'a StackInfo,
}

/// An entry of the activity log, with the fields that the demo reads.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) state: String,
    pub(super) reason: String,
    pub(super) status: Option<String>,
    pub(super) kind: String,
    pub(super) call_type: Option<String>,
    pub(super) started_at: i64,
    pub(super) started_at_local: String,
    #[serde(rename = "number")]
    pub(super) line: Line,
    #[serde(rename = "external_number")]
    pub(super) phone: Option<String>,
    pub(super) record: Option<Record>,
}

/// The Aircall line of an entry.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Line {
    pub(super) name: String,
}

/// The record of an entry's Task.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Record {
    pub(super) kind: String,
    pub(super) name: String,
}

#[derive(Deserialize)]
struct Page {
    entries: Vec<Entry>,
    next_cursor: Option<String>,
}

impl Entry {
    /// Whether its state is terminal.
    pub(super) fn is_terminal(&self) -> bool {
        !matches!(self.state.as_str(), "open" | "pending")
    }
}

impl<'a> Api<'a> {
    pub(super) fn new(info: &'a StackInfo) -> Result<Self> {
        Ok(Self { http: Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?, info })
    }

    /// Delivers a webhook, as Aircall would.
    pub(super) async fn deliver(&self, mut body: Value) -> Result<()> {
        body["token"] = Value::from(self.info.webhook_token.as_str());
        let answer =
            self.http.post(&self.info.webhook_url).json(&body).send().await.context("the webhook does not answer")?;
        ensure!(answer.status() == StatusCode::OK, "the webhook answered {} to {}", answer.status(), body["event"]);
        Ok(())
    }

    /// Saves the settings, whatever their version is.
    pub(super) async fn put_settings(&self, mut settings: Value) -> Result<()> {
        let current: Value = self.send(self.http.get(self.url("/api/settings"))).await?;
        settings["version"] = current["version"].clone();
        let _: Value = self.send(self.http.put(self.url("/api/settings")).json(&settings)).await?;
        Ok(())
    }

    /// An entry of the activity log, if there is one of this key.
    pub(super) async fn entry(&self, key: &str) -> Result<Option<Entry>> {
        let url = self.url(&format!("/api/activity/{key}"));
        let request = self.http.get(url).header(header::COOKIE, &self.info.session_cookie);
        let answer = request.send().await.context("the console does not answer")?;
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::OK => Ok(Some(answer.json().await.context("an entry cannot be read")?)),
            status => bail!("the console answered {status} for {key}"),
        }
    }

    /// The whole activity log, the latest call first.
    pub(super) async fn activity(&self) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let mut cursor = String::new();
        loop {
            let query = [("limit", PAGE), ("cursor", &cursor)];
            let page: Page = self.send(self.http.get(self.url("/api/activity")).query(&query)).await?;
            entries.extend(page.entries);
            match page.next_cursor {
                Some(next) => cursor = next,
                None => return Ok(entries),
            }
        }
    }

    /// Number of API calls that the org has counted since its start.
    pub(super) async fn salesforce_api_calls(&self) -> Result<u64> {
        let answer = self.http.get(format!("{}/_sandbox/requests", self.info.salesforce_url)).send().await;
        let counted: Value = answer.context("the Salesforce org does not answer")?.json().await?;
        counted["total"].as_u64().context("the Salesforce org reports no number of API calls")
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.info.console_url)
    }

    async fn send<T: serde::de::DeserializeOwned>(&self, request: RequestBuilder) -> Result<T> {
        let request = request.header(header::COOKIE, &self.info.session_cookie);
        let answer = request.send().await.context("the console does not answer")?;
        let (status, path) = (answer.status(), answer.url().path().to_owned());
        let text = answer.text().await?;
        ensure!(status.is_success(), "the console answered {status} to {path}: {text}");
        serde_json::from_str(&text).with_context(|| format!("the console's answer to {path} cannot be read"))
    }
}
