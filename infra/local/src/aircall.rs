//! The sandbox Aircall that calls come from.

use aircall_sandbox::{Company, Options};
use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio::net::TcpListener;

/// The API key of the demo's company, the same in every run.
const API_ID: &str = "sandbox-api-id";
const API_TOKEN: &str = "sandbox-api-token";

/// A company, restored from an earlier run or new.
pub(crate) fn company(saved: Option<Value>) -> Result<Company> {
    let (api_id, api_token) = (Some(API_ID.to_owned()), Some(API_TOKEN.to_owned()));
    let company = Company::new(Options { api_id, api_token, ..Options::default() });
    if let Some(saved) = saved {
        company.restore(saved).context("cannot restore the sandbox Aircall")?;
    }
    Ok(company)
}

/// Answers requests until the task is dropped.
pub(crate) async fn serve(company: Company, listener: TcpListener) {
    if let Err(error) = axum::serve(listener, company.router()).await {
        tracing::error!(%error, "the sandbox Aircall no longer answers");
    }
}
