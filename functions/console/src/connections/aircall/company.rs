//! Which Aircall company a credential belongs to.

use std::time::Duration;

use aircall::client::{Client, Error, Reason, Transport, phones};
use aircall::party;
use rules::{Line, OwnLines, User};
use store::{AircallConnection, AircallCredential, CompanySigns};
use tokio::time::timeout;

use super::is_app;

/// Most lines that are remembered to recognise the company.
const LIMIT: usize = 50;
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
        let mut lines: Vec<u64> = self.lines.iter().flatten().map(|line| line.id.0).collect();
        lines.sort_unstable();
        lines.truncate(LIMIT);
        let users = self.users.iter().flatten().filter_map(|user| user.id);
        CompanySigns { lines: lines.into_iter().collect(), users: users.collect() }
    }

    /// Whether it is the company that is connected, whose lines have these phone numbers.
    ///
    /// Of a connection that an earlier version made, only the phone numbers are known, and if not even those are, the name.
    ///
    /// # Errors
    /// If that depends on lines or users that Aircall did not list.
    pub(super) fn is_that_of(&self, connected: &AircallConnection, own_lines: &OwnLines) -> Result<bool, Error> {
        if let Some(is_same) = connected.is_company(self.id, &self.all_signs()) {
            return Ok(is_same);
        }
        if let Some(error) = self.lines.as_ref().err().or(self.users.as_ref().err()) {
            return Err(error.clone());
        }
        let given = self.lines.as_deref().unwrap_or_default();
        if own_lines.is_empty() || phones(given).is_empty() {
            return Ok(connected.company_name == self.name);
        }
        Ok(given
            .iter()
            .any(|line| party(line.digits.as_deref()).phone().is_some_and(|phone| own_lines.contains(phone))))
    }

    /// All its lines, as those of the connection may be other ones than its first.
    fn all_signs(&self) -> CompanySigns {
        CompanySigns { lines: self.lines.iter().flatten().map(|line| line.id.0).collect(), ..self.signs() }
    }
}
