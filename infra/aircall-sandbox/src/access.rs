//! Credentials of the API: the company's own API key, and the access tokens of apps that an admin has authorised.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{HeaderMap, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use sandbox_kit::random;
use serde::{Deserialize, Serialize};

use crate::{error::ApiError, state::State};

/// Lifetime of an authorization code, in minutes.
const CODE_MINUTES: i64 = 10;

/// The authenticated caller of a request.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Caller {
    /// The company itself, with API id and token.
    Company,
    /// An app, with the access token of this number.
    App(u64),
}

/// An authorization code that has not been exchanged yet.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) redirect_uri: String,
    pub(crate) issued_at: Timestamp,
    /// The lines that the admin chose; `None` for all.
    pub(crate) lines: Option<BTreeSet<u64>>,
}

/// An installation of the app, to which an access token belongs.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Integration {
    /// Its webhooks get no events while it is not.
    pub(crate) active: bool,
    /// The lines that the admin chose; `None` for all.
    pub(crate) lines: Option<BTreeSet<u64>>,
}

impl Default for Integration {
    fn default() -> Self {
        Self { active: true, lines: None }
    }
}

impl Integration {
    pub(crate) fn covers(&self, line: u64) -> bool {
        self.lines.as_ref().is_none_or(|lines| lines.contains(&line))
    }
}

/// Issued access tokens and authorization codes.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Access {
    /// Access tokens and their numbers.
    tokens: BTreeMap<String, u64>,
    /// By the numbers of their access tokens.
    #[serde(default)]
    integrations: BTreeMap<u64, Integration>,
    #[serde(skip)]
    codes: BTreeMap<String, Code>,
}

impl Access {
    /// Issues an access token for these lines.
    pub(crate) fn issue(&mut self, lines: Option<BTreeSet<u64>>) -> String {
        let token = random::hex::<32>();
        let number = self.tokens.values().max().map_or(1, |last| last + 1);
        self.tokens.insert(token.clone(), number);
        self.integrations.insert(number, Integration { lines, ..Integration::default() });
        token
    }

    /// The installation of a caller; none of the company itself.
    pub(crate) fn integration(&self, caller: Caller) -> Option<Integration> {
        match caller {
            Caller::Company => None,
            Caller::App(number) => Some(self.integrations.get(&number).cloned().unwrap_or_default()),
        }
    }

    /// Switches the installation of an app on or off.
    pub(crate) fn set_active(&mut self, app: u64, active: bool) {
        self.integrations.entry(app).or_default().active = active;
    }

    /// Uninstalls the app: its access tokens and codes are void.
    pub(crate) fn uninstall(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn put_code(&mut self, code: Code) -> String {
        let text = random::hex::<32>();
        self.codes.insert(text.clone(), code);
        text
    }

    /// Removes and returns a code, which works once, for ten minutes.
    pub(crate) fn take_code(&mut self, text: &str, now: Timestamp) -> Option<Code> {
        let code = self.codes.remove(text)?;
        (now.duration_since(code.issued_at).as_mins() < CODE_MINUTES).then_some(code)
    }
}

/// Identifies the caller by the `Authorization` header.
///
/// # Errors
/// 401 without the header, 403 with wrong credentials.
pub(crate) fn caller(state: &State, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let header = headers.get(header::AUTHORIZATION).ok_or_else(ApiError::unauthorized)?;
    let known = header.to_str().ok().and_then(|header| header.split_once(' ')).and_then(|(scheme, credentials)| {
        match scheme.to_ascii_lowercase().as_str() {
            "basic" => is_api_key(state, credentials).then_some(Caller::Company),
            "bearer" => state.access.tokens.get(credentials.trim()).copied().map(Caller::App),
            _ => None,
        }
    });
    known.ok_or_else(ApiError::forbidden)
}

fn is_api_key(state: &State, credentials: &str) -> bool {
    let expected = format!("{}:{}", state.api_id(), state.api_token());
    BASE64_STANDARD.decode(credentials.trim()).is_ok_and(|given| given == expected.as_bytes())
}
