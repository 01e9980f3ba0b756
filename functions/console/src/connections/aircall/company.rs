//! Which Aircall company a credential belongs to.

use std::time::Duration;

use aircall::client::{Client, Error, Reason, Transport, phones};
use rules::{Line, OwnLines, User};
use store::{AircallConnection, AircallCredential, CompanySigns};
use tokio::time::timeout;

use super::is_app;

/// How long connecting waits for the lines and users.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The company of a credential that somebody enters.
pub(super) struct GivenCompany {
    /// Aircall's id, which only an app is told.
    pub(super) id: Option<u64>,
    pub(super) name: String,
    /// Its lines, or why Aircall did not list them.
    pub(super) lines: Result<Vec<Line>, Error>,
    /// Its first users, or why Aircall did not list them.
    users: Result<Vec<User>, Error>,
}

impl GivenCompany {
    /// Asks Aircall. An account whose lines or users are not listed can be connected all the same.
    pub(super) async fn fetch(client: &Client, credential: &AircallCredential) -> Result<Self, Error> {
        let company = client.company().await?;
        let integration = if is_app(credential) { client.integration().await? } else { None };
        let late = Error::Retry { after: None, reason: Reason::Unanswered(Transport::TimedOut) };
        let (lines, users) = tokio::join!(timeout(TIMEOUT, client.lines()), timeout(TIMEOUT, client.first_users()));
        Ok(Self {
            id: integration.and_then(|integration| integration.company_id).or(company.id),
            name: company.name,
            lines: lines.unwrap_or(Err(late.clone())),
            users: users.unwrap_or(Err(late)),
        })
    }

    /// By what it is recognised later: its first lines and users.
    pub(super) fn signs(&self) -> CompanySigns {
        let lines = self.lines.iter().flatten().map(|line| line.id.0);
        CompanySigns::new(lines, self.users.iter().flatten().filter_map(|user| user.id))
    }

    /// Whether it is the company of a connection, whose lines have these phone numbers; `None` if nothing tells.
    ///
    /// Of a connection that an earlier version made, only the phone numbers are known, and perhaps not even those.
    ///
    /// # Errors
    /// If that depends on lines or users that Aircall did not list.
    pub(super) fn is_that_of(&self, known: &AircallConnection, own_lines: &OwnLines) -> Result<Option<bool>, Error> {
        if let Some(is_same) = known.is_company(self.id, &self.all_signs()) {
            return Ok(Some(is_same));
        }
        if let Some(error) = self.lines.as_ref().err().or(self.users.as_ref().err()) {
            return Err(error.clone());
        }
        let given = phones(self.lines.as_deref().unwrap_or_default());
        let can_tell = !own_lines.is_empty() && !given.is_empty();
        Ok(can_tell.then(|| own_lines.has_any_of(&given)))
    }

    /// All its lines, as those of the connection may be other ones than its first.
    fn all_signs(&self) -> CompanySigns {
        CompanySigns { lines: self.lines.iter().flatten().map(|line| line.id.0).collect(), ..self.signs() }
    }
}
