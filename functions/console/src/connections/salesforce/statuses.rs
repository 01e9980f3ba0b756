//! The statuses of the org that Tasks get: those in use, and the admin's choice.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use org::{Org, status_names};
use rules::{OrgStatus, StatusChoice, TaskStatus};
use serde::Serialize;
use store::{OrgFacts, Tenant, TenantId};
use utoipa::ToSchema;

use super::{TIMEOUT, with_org};
use crate::connections::ConnectionError;
use crate::console::Console;
use crate::web::error::ApiError;
use crate::web::errors::InvalidField;

/// The statuses of Tasks in the org.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SalesforceStatuses)]
pub(crate) struct StatusesView {
    /// Of a Task that is completed, under Past Activities.
    pub(crate) completed: StatusView,
    /// Of a Task that is in progress, under Next Steps.
    pub(crate) in_progress: StatusView,
}

/// A status of Tasks.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SalesforceStatus)]
pub(crate) struct StatusView {
    /// The value that an admin chose; null if it is chosen automatically.
    #[schema(required, example = "Done")]
    pub(crate) chosen: Option<String>,
    /// The value that Tasks get; null if they get the org's default. It is not the chosen one if the org no longer has that,
    /// or refuses it.
    #[schema(required, example = "Done")]
    pub(crate) used: Option<String>,
}

/// Why statuses were not chosen. Nothing is stored then.
#[derive(Debug)]
pub(crate) enum ChooseError {
    /// A value that the org does not have as a status of that kind.
    Invalid(InvalidField),
    /// The org is not connected, or did not answer.
    Connection(ConnectionError),
}

impl<E: Into<ConnectionError>> From<E> for ChooseError {
    fn from(error: E) -> Self {
        Self::Connection(error.into())
    }
}

impl From<ChooseError> for ApiError {
    fn from(error: ChooseError) -> Self {
        match error {
            ChooseError::Invalid(InvalidField { name, message }) => Self::field(name, message),
            ChooseError::Connection(error) => error.into(),
        }
    }
}

impl StatusesView {
    /// The statuses by the facts about the org.
    pub(crate) fn new(facts: &OrgFacts, choice: &StatusChoice) -> Self {
        let names = status_names(facts, choice);
        let view = |status| StatusView {
            chosen: choice.get(status).map(ToOwned::to_owned),
            used: names.name(status).map(ToOwned::to_owned),
        };
        Self { completed: view(TaskStatus::Completed), in_progress: view(TaskStatus::InProgress) }
    }
}

/// The facts about the org that its statuses follow from. The list is kept when it has expired: it is read again before the
/// next Task is written.
pub(crate) fn facts(facts: OrgFacts, now: Timestamp) -> OrgFacts {
    let lists = facts.lists.clone();
    OrgFacts { lists, ..facts.as_of(now) }
}

/// The field of a status, in JSON and in the form.
pub(crate) fn field(status: TaskStatus) -> &'static str {
    match status {
        TaskStatus::Completed => "completed",
        TaskStatus::InProgress => "in_progress",
    }
}

/// Chooses the statuses of Tasks that are written from now on. The org's list is read again.
pub(crate) async fn choose(
    console: &Arc<Console>,
    tenant: &TenantId,
    choice: &StatusChoice,
) -> Result<StatusesView, ChooseError> {
    let deadline = Instant::now() + TIMEOUT;
    let known = console.tenants.get(tenant).await?.filter(|tenant| tenant.salesforce.is_some());
    let known = known.ok_or(ConnectionError::NotConnected("Salesforce"))?;
    let read = async |console: &Console, org: &mut Org, tenant: &mut Tenant| {
        org.lists(&console.tenants, tenant, Timestamp::now()).await?;
        Ok(tenant.facts.clone())
    };
    let facts = with_org(console, known, deadline, read).await?;
    let list = list(&facts);
    for status in TaskStatus::ALL {
        if let Some(chosen) = choice.get(status) {
            check(list, status, chosen)?;
        }
    }
    console.tenants.set_statuses(tenant, choice).await?;
    tracing::info!(%tenant, "chose the statuses of Tasks");
    Ok(StatusesView::new(&self::facts(facts, Timestamp::now()), choice))
}

/// The org's statuses of Tasks; empty if they are not known.
pub(crate) fn list(facts: &OrgFacts) -> &[OrgStatus] {
    facts.lists.as_ref().map(|lists| lists.value.statuses.as_slice()).unwrap_or_default()
}

/// Checks that the org's list has the chosen value as a status of that kind.
fn check(list: &[OrgStatus], status: TaskStatus, chosen: &str) -> Result<(), ChooseError> {
    if list.is_empty() {
        let message = "Salesforce does not list the statuses of Tasks to the user who connected the org.";
        return Err(ConnectionError::SalesforceRefused(message.to_owned()).into());
    }
    let names: Vec<&str> = of_kind(list, status).collect();
    if names.contains(&chosen) {
        return Ok(());
    }
    let kind = if status.is_closed() { "closed" } else { "open" };
    let message = match names[..] {
        [] => format!("The org has no {kind} status."),
        _ => format!("Choose one of the org's {kind} statuses: {}.", names.join(", ")),
    };
    Err(ChooseError::Invalid(InvalidField { name: field(status), message }))
}

/// The names of the list's statuses that can stand for this one.
pub(crate) fn of_kind(list: &[OrgStatus], status: TaskStatus) -> impl Iterator<Item = &str> {
    let of_kind = list.iter().filter(move |other| other.is_closed == status.is_closed());
    of_kind.map(|other| other.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(open: &[&str], closed: &[&str], status: TaskStatus, chosen: &str) -> Option<String> {
        let status_of =
            |(name, is_closed): (&&str, bool)| OrgStatus { name: (*name).to_owned(), is_closed, is_default: false };
        let open = open.iter().zip(std::iter::repeat(false));
        let list: Vec<_> = open.chain(closed.iter().zip(std::iter::repeat(true))).map(status_of).collect();
        check(&list, status, chosen).err().map(|error| ApiError::from(error).into_page_parts().1)
    }

    #[test]
    fn a_choice_is_a_status_of_the_same_kind() {
        let (open, closed) = (["New", "Open"], ["Done"]);
        assert_eq!(message(&open, &closed, TaskStatus::InProgress, "Open"), None);
        assert_eq!(message(&open, &closed, TaskStatus::Completed, "Done"), None);
        let open_only = "Choose one of the org's open statuses: New, Open.";
        assert_eq!(message(&open, &closed, TaskStatus::InProgress, "Done").as_deref(), Some(open_only));
        let closed_only = "Choose one of the org's closed statuses: Done.";
        assert_eq!(message(&open, &closed, TaskStatus::Completed, "done").as_deref(), Some(closed_only));
        assert_eq!(message(&open, &[], TaskStatus::Completed, "").as_deref(), Some("The org has no closed status."));
    }

    #[test]
    fn nothing_can_be_chosen_from_a_list_that_is_not_shown() {
        assert!(message(&[], &[], TaskStatus::Completed, "Completed").is_some());
    }
}
