//! Grants with their refresh tokens, sessions with their access tokens, and pending authorization codes.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use sandbox_kit::random;
use serde::{Deserialize, Serialize};

/// Refresh tokens per user; one more revokes the oldest.
const MAX_APPROVALS: usize = 5;
/// Lifetime of an authorization code, in minutes.
const CODE_MINUTES: i64 = 15;

/// A grant, which outlives its access tokens.
#[derive(Debug, Deserialize, Serialize)]
struct Approval {
    user_id: String,
    scope: String,
    refresh_token: Option<String>,
    /// Refresh tokens that were replaced by rotation; reusing one indicates a leak.
    rotated: Vec<String>,
    /// Whether it came from an authorization code and counts towards the limit per user.
    limited: bool,
}

#[derive(Debug, Deserialize, Serialize)]
struct Session {
    approval: u64,
    user_id: String,
    issued_at: i64,
}

/// An authorization code that has not been exchanged yet.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) user_id: String,
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    /// The base64url SHA-256 of the verifier.
    pub(super) challenge: String,
    pub(super) scope: String,
    pub(super) issued_at: Timestamp,
}

#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Grants {
    next: u64,
    approvals: BTreeMap<u64, Approval>,
    sessions: HashMap<String, Session>,
    #[serde(skip)]
    codes: HashMap<String, Code>,
}

/// Issued tokens.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    pub(crate) user_id: String,
    pub(crate) scope: String,
}

impl Grants {
    /// Approves the app for a user and opens a session.
    pub(crate) fn approve(&mut self, org_id: &str, user_id: &str, scope: &str, limited: bool) -> Issued {
        if limited {
            self.drop_oldest(user_id);
        }
        self.next += 1;
        let lasting = scope.split(' ').any(|part| matches!(part, "refresh_token" | "offline_access" | "full"));
        let refresh_token = lasting.then(refresh_token);
        let approval = Approval {
            user_id: user_id.to_owned(),
            scope: scope.to_owned(),
            refresh_token: refresh_token.clone(),
            rotated: Vec::new(),
            limited,
        };
        self.approvals.insert(self.next, approval);
        self.open(org_id, self.next, refresh_token)
    }

    /// Opens a session for a refresh token; `None` if it is unknown. Reusing a rotated token revokes the grant.
    pub(super) fn refresh(&mut self, org_id: &str, token: &str, rotate: bool) -> Option<Issued> {
        if let Some(reused) = self.find(|approval| approval.rotated.iter().any(|old| old == token)) {
            self.end(reused);
            return None;
        }
        let number = self.find(|approval| approval.refresh_token.as_deref() == Some(token))?;
        let mut replacement = None;
        if let Some(approval) = self.approvals.get_mut(&number).filter(|_| rotate) {
            replacement = Some(refresh_token());
            approval.rotated.push(token.to_owned());
            approval.refresh_token.clone_from(&replacement);
        }
        Some(self.open(org_id, number, replacement))
    }

    /// Whether the refresh token is valid.
    pub(crate) fn holds(&self, refresh_token: &str) -> bool {
        self.find(|approval| approval.refresh_token.as_deref() == Some(refresh_token)).is_some()
    }

    /// Whether the user has authorised the app.
    pub(crate) fn is_connected(&self, user_id: &str) -> bool {
        self.find(|approval| approval.user_id == user_id).is_some()
    }

    /// The user of a session that is younger than `session_ms`; 0 accepts any age.
    pub(crate) fn user_of(&self, access_token: &str, session_ms: u64, now: Timestamp) -> Option<&str> {
        let session = self.sessions.get(access_token)?;
        let age = u64::try_from(now.as_millisecond().saturating_sub(session.issued_at)).unwrap_or_default();
        (session_ms == 0 || age < session_ms).then_some(session.user_id.as_str())
    }

    /// Revokes an access token, or a refresh token and all its sessions; false if it is neither.
    pub(super) fn revoke(&mut self, token: &str) -> bool {
        match self.find(|approval| approval.refresh_token.as_deref() == Some(token)) {
            Some(number) => self.end(number),
            None => return self.sessions.remove(token).is_some(),
        }
        true
    }

    /// Ends all sessions; refresh tokens remain valid.
    pub(crate) fn expire_sessions(&mut self) {
        self.sessions.clear();
    }

    pub(super) fn put_code(&mut self, code: Code) -> String {
        let text = format!("aPrx{}", random::alphanumeric(60));
        self.codes.insert(text.clone(), code);
        text
    }

    /// Removes and returns a code, which works once, for fifteen minutes.
    pub(super) fn take_code(&mut self, text: &str, now: Timestamp) -> Option<Code> {
        let code = self.codes.remove(text)?;
        (now.duration_since(code.issued_at).as_mins() < CODE_MINUTES).then_some(code)
    }

    fn open(&mut self, org_id: &str, approval: u64, refresh_token: Option<String>) -> Issued {
        let (user_id, scope) = self
            .approvals
            .get(&approval)
            .map_or_else(Default::default, |approval| (approval.user_id.clone(), approval.scope.clone()));
        let access_token = format!("{}!AQ{}", &org_id[..15], random::alphanumeric(94));
        let issued_at = Timestamp::now().as_millisecond();
        self.sessions.insert(access_token.clone(), Session { approval, user_id: user_id.clone(), issued_at });
        Issued { access_token, refresh_token, user_id, scope }
    }

    fn find(&self, fits: impl Fn(&Approval) -> bool) -> Option<u64> {
        self.approvals.iter().find(|(_, approval)| fits(approval)).map(|(&number, _)| number)
    }

    fn end(&mut self, number: u64) {
        self.approvals.remove(&number);
        self.sessions.retain(|_, session| session.approval != number);
    }

    fn drop_oldest(&mut self, user_id: &str) {
        let held = self.approvals.iter().filter(|(_, approval)| approval.limited && approval.user_id == user_id);
        let held: Vec<u64> = held.map(|(&number, _)| number).collect();
        if let Some(&oldest) = held.first().filter(|_| held.len() >= MAX_APPROVALS) {
            self.end(oldest);
        }
    }
}

fn refresh_token() -> String {
    format!("5Aep861{}", random::alphanumeric(80))
}
