//! How a Task that exists already changes, without losing what a person wrote.
//!
//! Three texts of each field: what we wrote last, what Salesforce holds now, what we would write today.
//! Where Salesforce still holds what we wrote, ours wins; where a person changed it, theirs stands.

use std::ops::Range;

use crate::description::{DESCRIPTION, cut_to};
use crate::message_description::stamp;
use crate::task::{Part, Task};
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
        talk_seconds: ours.talk_seconds.as_ref().and_then(|seconds| {
            field(wrote.and_then(|task| task.talk_seconds.as_ref()), held.talk_seconds.as_ref(), seconds)
        }),
        activity_date: field(wrote.map(date).as_ref(), held.activity_date.as_ref(), &date(ours)),
        call_disposition: field(
            wrote.map(|task| &task.call_disposition),
            Some(&held.call_disposition),
            &ours.call_disposition,
        ),
        description: description(wrote, held.description.as_deref().unwrap_or_default(), ours),
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
/// Our text within it is replaced where it stands. If a person changed our text itself, theirs stays, and what is new
/// in ours is added: lines below it, and parts where they belong. Where both do not fit, ours is cut and never theirs.
fn description(wrote: Option<&Task>, held: &str, ours: &Task) -> Option<String> {
    // Salesforce's pages save line breaks as CR LF.
    let held = held.replace("\r\n", "\n");
    let text = wrote.map_or("", |wrote| &wrote.description);
    let standing = Some(text).filter(|text| !text.is_empty()).and_then(|text| held.split_once(text));
    // Ours may be there already, also within an older and longer text of ours, from which something was taken away.
    let is_there = held.contains(&ours.description)
        && !(standing.is_some() && text != ours.description && text.contains(&ours.description));
    if is_there {
        return None;
    }
    let revised = match standing {
        Some((before, after)) => {
            // Parts that an update put there whose outcome was lost.
            let after = wrote.map_or_else(|| after.to_owned(), |wrote| without(after, &news(wrote, ours)));
            let room = DESCRIPTION.saturating_sub(length(before) + length(&after));
            format!("{before}{}{after}", cut_to(&ours.description, room))
        }
        None if ours.parts.is_empty() => with_new_lines(&held, text, &ours.description)?,
        None => with_new_parts(&held, wrote, ours),
    };
    (revised != held).then_some(revised)
}

/// The parts of `ours` that `wrote` has not.
fn news<'a>(wrote: &Task, ours: &'a Task) -> Vec<&'a Part> {
    ours.parts.iter().filter(|part| !wrote.parts.contains(part)).collect()
}

fn without(text: &str, parts: &[&Part]) -> String {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    for part in parts {
        if let Some(place) = place(&lines, part, &[], false) {
            lines.drain(place);
        }
    }
    lines.join("\n")
}

/// `held`, with the lines of `ours` that neither it nor `wrote` has below.
fn with_new_lines(held: &str, wrote: &str, ours: &str) -> Option<String> {
    let known: Vec<&str> = wrote.lines().chain(held.lines()).map(str::trim).collect();
    let news: Vec<&str> = ours.lines().filter(|line| !known.contains(&line.trim())).collect();
    if news.is_empty() {
        return None;
    }
    let separator = if held.is_empty() || held.ends_with('\n') { "" } else { "\n" };
    let room = DESCRIPTION.saturating_sub(length(held) + length(separator));
    (room > 0).then(|| format!("{held}{separator}{}", cut_to(&news.join("\n"), room)))
}

/// `held`, with the parts of `ours` that neither it nor `wrote` has, each behind the one it follows.
fn with_new_parts(held: &str, wrote: Option<&Task>, ours: &Task) -> String {
    let mut lines: Vec<String> = held.split('\n').map(str::to_owned).collect();
    // Where each part stands. A line is taken by one part only: two messages may look alike.
    let mut places: Vec<Option<Range<usize>>> = vec![None; ours.parts.len()];
    let is_old = |part: &Part| wrote.is_some_and(|wrote| wrote.parts.contains(part));
    let (old, new): (Vec<usize>, Vec<usize>) = (0..ours.parts.len()).partition(|index| is_old(&ours.parts[*index]));
    for index in old {
        places[index] = place(&lines, &ours.parts[index], &places, true);
    }
    for index in new {
        let part = &ours.parts[index];
        // Put there by an update whose outcome was lost.
        places[index] = place(&lines, part, &places, false);
        if places[index].is_some() {
            continue;
        }
        let room = DESCRIPTION.saturating_sub(length(&lines.join("\n")) + 1);
        if room == 0 {
            break;
        }
        let behind = places[..index].iter().rev().flatten().next().map(|place| place.end);
        let ahead_of = || places[index + 1..].iter().flatten().next().map(|place| place.start);
        let text = cut_to(&part.text, room);
        let added: Vec<String> = text.split('\n').map(str::to_owned).collect();
        // What is empty at the end is the end of the line before it.
        let end = lines.len() - usize::from(lines.last().is_some_and(String::is_empty));
        let at = behind.or_else(ahead_of).unwrap_or(end);
        for place in places.iter_mut().flatten().filter(|place| place.start >= at) {
            *place = place.start + added.len()..place.end + added.len();
        }
        places[index] = Some(at..at + added.len());
        lines.splice(at..at, added);
    }
    lines.join("\n")
}

/// The lines on which a part stands that no other part has taken: as it is written, or else, if it may have changed, from
/// the time it begins with to the next such time.
fn place(
    lines: &[String],
    part: &Part,
    taken: &[Option<Range<usize>>],
    may_have_changed: bool,
) -> Option<Range<usize>> {
    let is_free = |at: &usize| !taken.iter().flatten().any(|place| place.contains(at));
    let written: Vec<&str> = part.text.split('\n').collect();
    let is_written = |at: &usize| {
        lines
            .get(*at..at + written.len())
            .is_some_and(|held| held.iter().zip(&written).all(|(held, ours)| held == ours))
    };
    let whole = (0..lines.len()).filter(is_free).find(is_written).map(|at| at..at + written.len());
    let since = || {
        let begins = stamp(written.first()?).filter(|_| may_have_changed)?;
        let at = (0..lines.len()).filter(is_free).find(|at| stamp(&lines[*at]) == Some(begins))?;
        let next = (at + 1..lines.len()).find(|next| stamp(&lines[*next]).is_some());
        Some(at..next.unwrap_or(lines.len()))
    };
    whole.or_else(since)
}

/// What we would have written of a Task that nobody has touched since: just what Salesforce holds.
pub fn untouched(held: &Held, ours: &Task) -> Task {
    let statuses = [TaskStatus::Completed, TaskStatus::InProgress];
    let status = statuses.into_iter().find(|status| held.status.as_deref() == Some(status.as_str()));
    Task {
        subject: held.subject.clone().unwrap_or_default(),
        status: status.unwrap_or(ours.status),
        talk_seconds: ours.talk_seconds.map(|_| held.talk_seconds.unwrap_or_default()),
        activity_date: held.activity_date.as_deref().and_then(|date| date.parse().ok()).unwrap_or(ours.activity_date),
        call_disposition: held.call_disposition.clone(),
        description: held.description.clone().unwrap_or_default(),
        ..ours.clone()
    }
}
