//! How an existing Task changes, without losing what a person wrote.
//!
//! A three-way merge of each field: what we wrote last (the base), what Salesforce holds now, and our new value.
//! If Salesforce still holds the base, our value wins; if a person changed it, theirs is kept.
//!
//! Where the answer to an update was lost, there are several possible bases: Salesforce may hold any of them.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::description::{MAX_DESCRIPTION, truncate_with_note};
use crate::message_description::timestamp_prefix;
use crate::task::{Part, Task};
use crate::task_status::TaskStatus;
use crate::text::length;

/// The fields of a Task that people change, as Salesforce holds them now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// `Subject`.
    pub subject: Option<String>,
    /// The status that we may have written that `Status` stands for; none for any other.
    pub status: Option<TaskStatus>,
    /// `CallDurationInSeconds`.
    pub talk_seconds: Option<u64>,
    /// `ActivityDate`, as Salesforce writes it.
    pub activity_date: Option<String>,
    /// `CallDisposition`.
    pub call_disposition: Option<String>,
    /// `Description`.
    pub description: Option<String>,
}

/// The changes to a Task. A field that is `None` stays unchanged.
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

/// The changes that bring the Task in Salesforce from `held` to `ours`. `bases` are what we wrote last, if known, and
/// what we sent since then without learning whether it took effect, the newest last.
pub fn revise(bases: &[Task], held: &Held, ours: &Task) -> Revision {
    let date = |task: &Task| task.activity_date.to_string();
    let is_base = |matches: &dyn Fn(&Task) -> bool| bases.iter().any(matches);
    Revision {
        subject: field(held.subject.as_ref(), &ours.subject, |held| is_base(&|task| task.subject == *held)),
        status: status(bases, held, ours),
        talk_seconds: ours.talk_seconds.as_ref().and_then(|seconds| {
            field(held.talk_seconds.as_ref(), seconds, |held| is_base(&|task| task.talk_seconds == Some(*held)))
        }),
        activity_date: field(held.activity_date.as_ref(), &date(ours), |held| is_base(&|task| date(task) == *held)),
        call_disposition: field(Some(&held.call_disposition), &ours.call_disposition, |held| {
            is_base(&|task| task.call_disposition == *held)
        }),
        description: description(bases, held.description.as_deref().unwrap_or_default(), ours),
    }
}

/// Our value, if it is new and nobody else has changed the field since we wrote it.
fn field<T: PartialEq + Clone>(held: Option<&T>, ours: &T, is_base: impl Fn(&T) -> bool) -> Option<T> {
    (held != Some(ours) && held.is_some_and(is_base)).then(|| ours.clone())
}

/// The status is set at creation. It only changes when the call turns out to be of another type, such as a voicemail
/// instead of a missed call, and only while Salesforce still holds the status we wrote.
fn status(bases: &[Task], held: &Held, ours: &Task) -> Option<TaskStatus> {
    let is_base = |base: &Task| base.status != ours.status && held.status == Some(base.status);
    bases.iter().any(is_base).then_some(ours.status)
}

/// The new description, if it changes.
///
/// Our text is replaced where it stands, which keeps notes around it. If a person changed our text itself, their
/// version is kept and only what is new in ours is added: lines at the end, parts in their order. If both do not fit,
/// ours is truncated, never theirs.
fn description(bases: &[Task], held: &str, ours: &Task) -> Option<String> {
    // Salesforce's pages save line breaks as CR LF.
    let held = held.replace("\r\n", "\n");
    let base = base_within(bases, &held);
    let text = base.map_or("", |base| &base.description);
    let around = Some(text).filter(|text| !text.is_empty()).and_then(|text| held.split_once(text));
    // Our new text may be there already. It does not count if it is only part of our longer previous text, from which
    // something was removed.
    let is_current = held.contains(&ours.description)
        && !(around.is_some() && text != ours.description && text.contains(&ours.description));
    if is_current {
        return None;
    }
    let revised = match around {
        Some((before, after)) => {
            // Remove parts that an earlier update added without its outcome being recorded.
            let after = base.map_or_else(|| after.to_owned(), |base| remove_parts(after, &new_parts(base, ours)));
            let room = MAX_DESCRIPTION.saturating_sub(length(before) + length(&after));
            format!("{before}{}{after}", truncate_with_note(&ours.description, room))
        }
        None if ours.parts.is_empty() => append_new_lines(&held, bases, &ours.description)?,
        None => insert_new_parts(&held, bases, ours),
    };
    (revised != held).then_some(revised)
}

/// The base whose text Salesforce holds: of several the longest, because a shorter one may be a part of it.
fn base_within<'a>(bases: &'a [Task], held: &str) -> Option<&'a Task> {
    let is_held = |base: &&Task| !base.description.is_empty() && held.contains(&base.description);
    bases.iter().filter(is_held).max_by_key(|base| base.description.len())
}

/// The parts of `ours` that `base` lacks.
fn new_parts<'a>(base: &Task, ours: &'a Task) -> Vec<&'a Part> {
    ours.parts.iter().filter(|part| !base.parts.contains(part)).collect()
}

fn remove_parts(text: &str, parts: &[&Part]) -> String {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    for part in parts {
        if let Some(range) = find_part(&lines, part, &[], false) {
            lines.drain(range);
        }
    }
    lines.join("\n")
}

/// `held`, followed by the lines of `ours` that neither `held` nor every base contains; none if there are no such
/// lines. Lines are counted: two comments of the same words are two lines.
fn append_new_lines(held: &str, bases: &[Task], ours: &str) -> Option<String> {
    let count = |text: &str, line: &str| text.lines().filter(|other| other.trim() == line).count();
    let known = |line: &str| {
        let in_every_base = bases.iter().map(|base| count(&base.description, line)).min().unwrap_or_default();
        in_every_base.max(count(held, line))
    };
    let mut said: BTreeMap<&str, usize> = BTreeMap::new();
    let mut new = Vec::new();
    for line in ours.lines() {
        let times = said.entry(line.trim()).or_default();
        *times += 1;
        if *times > known(line.trim()) {
            new.push(line);
        }
    }
    if new.is_empty() {
        return None;
    }
    let separator = if held.is_empty() || held.ends_with('\n') { "" } else { "\n" };
    let room = MAX_DESCRIPTION.saturating_sub(length(held) + length(separator));
    (room > 0).then(|| format!("{held}{separator}{}", truncate_with_note(&new.join("\n"), room)))
}

/// `held`, with the parts of `ours` that neither `held` nor every base contains, each inserted after its predecessor.
fn insert_new_parts(held: &str, bases: &[Task], ours: &Task) -> String {
    let mut lines: Vec<String> = held.split('\n').map(str::to_owned).collect();
    // The lines of each part. A line belongs to one part only: two messages may look alike.
    let mut ranges: Vec<Option<Range<usize>>> = vec![None; ours.parts.len()];
    let is_old = |part: &Part| !bases.is_empty() && bases.iter().all(|base| base.parts.contains(part));
    let (old, new): (Vec<usize>, Vec<usize>) = (0..ours.parts.len()).partition(|index| is_old(&ours.parts[*index]));
    for index in old {
        ranges[index] = find_part(&lines, &ours.parts[index], &ranges, true);
    }
    for index in new {
        let part = &ours.parts[index];
        // An earlier update may have added it without its outcome being recorded.
        ranges[index] = find_part(&lines, part, &ranges, false);
        if ranges[index].is_some() {
            continue;
        }
        let room = MAX_DESCRIPTION.saturating_sub(length(&lines.join("\n")) + 1);
        if room == 0 {
            break;
        }
        let after_previous = ranges[..index].iter().rev().flatten().next().map(|range| range.end);
        let before_next = || ranges[index + 1..].iter().flatten().next().map(|range| range.start);
        let text = truncate_with_note(&part.text, room);
        let added: Vec<String> = text.split('\n').map(str::to_owned).collect();
        // An empty last element is only the line break at the end of the line before it.
        let end = lines.len() - usize::from(lines.last().is_some_and(String::is_empty));
        let at = after_previous.or_else(before_next).unwrap_or(end);
        for range in ranges.iter_mut().flatten().filter(|range| range.start >= at) {
            *range = range.start + added.len()..range.end + added.len();
        }
        ranges[index] = Some(at..at + added.len());
        lines.splice(at..at, added);
    }
    lines.join("\n")
}

/// The lines of a part, excluding those taken by other parts: an exact match, or else, if the part may have changed,
/// the lines from its timestamp to the next timestamp.
fn find_part(
    lines: &[String],
    part: &Part,
    taken: &[Option<Range<usize>>],
    may_have_changed: bool,
) -> Option<Range<usize>> {
    let is_free = |at: &usize| !taken.iter().flatten().any(|range| range.contains(at));
    let written: Vec<&str> = part.text.split('\n').collect();
    let is_match = |at: &usize| {
        lines
            .get(*at..at + written.len())
            .is_some_and(|held| held.iter().zip(&written).all(|(held, ours)| held == ours))
    };
    let exact = (0..lines.len()).filter(is_free).find(is_match).map(|at| at..at + written.len());
    let by_timestamp = || {
        let timestamp = timestamp_prefix(written.first()?).filter(|_| may_have_changed)?;
        let at = (0..lines.len()).filter(is_free).find(|at| timestamp_prefix(&lines[*at]) == Some(timestamp))?;
        let next = (at + 1..lines.len()).find(|next| timestamp_prefix(&lines[*next]).is_some());
        Some(at..next.unwrap_or(lines.len()))
    };
    exact.or_else(by_timestamp)
}

/// The base for a Task that nobody has changed since we wrote it: exactly what Salesforce holds.
pub fn base_from_current(held: &Held, ours: &Task) -> Task {
    Task {
        subject: held.subject.clone().unwrap_or_default(),
        status: held.status.unwrap_or(ours.status),
        talk_seconds: ours.talk_seconds.map(|_| held.talk_seconds.unwrap_or_default()),
        activity_date: held.activity_date.as_deref().and_then(|date| date.parse().ok()).unwrap_or(ours.activity_date),
        call_disposition: held.call_disposition.clone(),
        description: held.description.clone().unwrap_or_default(),
        ..ours.clone()
    }
}
