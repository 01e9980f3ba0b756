//! Credentials of the API: the company's own API key, and the access tokens of apps that an admin has authorised.

use std::collections::BTreeMap;

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
}

/// Issued access tokens and authorization codes.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Access {
    /// Access tokens and their numbers.
    tokens: BTreeMap<String, u64>,
    #[serde(skip)]
    codes: BTreeMap<String, Code>,
}

impl Access {
    /// Issues an access token.
    pub(crate) fn issue(&mut self) -> String {
        let token = random::hex::<32>();
        let number = self.tokens.values().max().map_or(1, |last| last + 1);
        self.tokens.insert(token.clone(), number);
        token
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
