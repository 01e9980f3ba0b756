//! How a Task that exists already changes, without losing what a person wrote.
//!
//! Three texts of each field: what we wrote last, what Salesforce holds now, what we would write today.
//! Where Salesforce still holds what we wrote, ours wins; where a person changed it, theirs stands.

use crate::description::{DESCRIPTION, cut_to};
use crate::task::Task;
use crate::task_status::TaskStatus;
use crate::text::length;

/// The fields of a Task that people change, as Salesforce holds them now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// `Subject`.
    pub subject: Option<String>,
    /// `Status`.
    pub status: Option<String>,
    /// `CallDurationInSeconds`.
    pub talk_seconds: Option<u64>,
    /// `ActivityDate`, as Salesforce writes it.
    pub activity_date: Option<String>,
    /// `CallDisposition`.
    pub call_disposition: Option<String>,
    /// `Description`.
    pub description: Option<String>,
}

/// What to change of a Task; a field that is none stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revision {
    /// New `Subject`.
    pub subject: Option<String>,
    /// New `Status`.
    pub status: Option<TaskStatus>,
    /// New `CallDurationInSeconds`.
    pub talk_seconds: Option<u64>,
    /// New `ActivityDate`, as Salesforce writes it.
    pub activity_date: Option<String>,
    /// New `CallDisposition`; the inner none clears it.
    pub call_disposition: Option<Option<String>>,
    /// New `Description`.
    pub description: Option<String>,
}

impl Revision {
    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What changes of the Task that Salesforce holds as `held`, which we `wrote` last (none: not known),
/// so that it says what `ours` says.
pub fn revise(wrote: Option<&Task>, held: &Held, ours: &Task) -> Revision {
    let date = |task: &Task| task.activity_date.to_string();
    Revision {
        subject: field(wrote.map(|task| &task.subject), held.subject.as_ref(), &ours.subject),
        status: status(wrote, held, ours),
        talk_seconds: field(wrote.map(|task| &task.talk_seconds), held.talk_seconds.as_ref(), &ours.talk_seconds),
        activity_date: field(wrote.map(date).as_ref(), held.activity_date.as_ref(), &date(ours)),
        call_disposition: field(
            wrote.map(|task| &task.call_disposition),
            Some(&held.call_disposition),
            &ours.call_disposition,
        ),
        description: description(
            wrote.map(|task| task.description.as_str()),
            held.description.as_deref().unwrap_or_default(),
            &ours.description,
        ),
    }
}

/// Our value, if it is news and nobody else changed the field meanwhile.
fn field<T: PartialEq + Clone>(wrote: Option<&T>, held: Option<&T>, ours: &T) -> Option<T> {
    (held != Some(ours) && wrote.is_some() && wrote == held).then(|| ours.clone())
}

/// A status is given once, at creation. Only a call that turns out to be of another type, say a voicemail
/// and not just missed, takes the status of that type, and only while Salesforce holds the one we gave.
fn status(wrote: Option<&Task>, held: &Held, ours: &Task) -> Option<TaskStatus> {
    let wrote = wrote?.status;
    (wrote != ours.status && held.status.as_deref() == Some(wrote.as_str())).then_some(ours.status)
}

/// The new description, if it changes.
///
/// Our text within it is replaced where it stands. If a person changed our text itself,
/// theirs stays and the lines that are new in ours are added below it.
/// Where both do not fit, ours is cut and never theirs.
fn description(wrote: Option<&str>, held: &str, ours: &str) -> Option<String> {
    // Salesforce's pages save line breaks as CR LF.
    let held = held.replace("\r\n", "\n");
    let standing = wrote.filter(|wrote| !wrote.is_empty() && held.contains(*wrote));
    // Ours may be there already, also within an older and longer text of ours, from which something was taken away.
    let is_there = held.contains(ours) && !standing.is_some_and(|wrote| wrote != ours && wrote.contains(ours));
    if is_there {
        return None;
    }
    let revised = if let Some(wrote) = standing {
        let room = DESCRIPTION.saturating_sub(length(&held) - length(wrote));
        held.replacen(wrote, &cut_to(ours, room), 1)
    } else {
        let known: Vec<&str> = wrote.unwrap_or_default().lines().chain(held.lines()).map(str::trim).collect();
        let news: Vec<&str> = ours.lines().filter(|line| !known.contains(&line.trim())).collect();
        if news.is_empty() {
            return None;
        }
        let separator = if held.is_empty() || held.ends_with('\n') { "" } else { "\n" };
        let room = DESCRIPTION.saturating_sub(length(&held) + length(separator));
        if room == 0 {
            return None;
        }
        format!("{held}{separator}{}", cut_to(&news.join("\n"), room))
    };
    (revised != held).then_some(revised)
}

/// What we would have written of a Task that nobody has touched since: just what Salesforce holds.
pub fn untouched(held: &Held, ours: &Task) -> Task {
    let statuses = [TaskStatus::Completed, TaskStatus::InProgress];
    let status = statuses.into_iter().find(|status| held.status.as_deref() == Some(status.as_str()));
    Task {
        subject: held.subject.clone().unwrap_or_default(),
        status: status.unwrap_or(ours.status),
        talk_seconds: held.talk_seconds.unwrap_or_default(),
        activity_date: held.activity_date.as_deref().and_then(|date| date.parse().ok()).unwrap_or(ours.activity_date),
        call_disposition: held.call_disposition.clone(),
        description: held.description.clone().unwrap_or_default(),
        ..ours.clone()
    }
}
