//! The working day as data: who is known, what the admin chose, who calls, and what is to become of each call.

mod calls;
mod records;
mod settings;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
pub(super) use records::seed;
use rules::{RecordKind, SkipReason, TaskStatus};
use serde_json::Value;

use super::bodies::CallBody;

/// An event this long after the end of its call is an afterthought: by then the call has been logged.
const LATE: SignedDuration = SignedDuration::from_mins(5);

/// A working day.
#[derive(Debug)]
pub(super) struct Day {
    pub(super) date: Date,
    pub(super) scenes: Vec<Scene>,
    changes: Vec<(Timestamp, Change)>,
}

/// A call, how its webhooks arrive and what is to become of it.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) call: CallBody,
    pub(super) delivery: Delivery,
    pub(super) ending: Ending,
}

/// How the webhooks of a call arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    InOrder,
    Backwards,
    FiveTimesEach,
}

/// What is to become of a call.
#[derive(Clone, Debug)]
pub(super) enum Ending {
    Task(Expected),
    Skipped(SkipReason),
}

/// What the one Task of a call is to be.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    pub(super) kind: RecordKind,
    pub(super) name: &'static str,
    pub(super) status: TaskStatus,
    pub(super) owner: &'static str,
    /// The Task's `CallDisposition`: the tags.
    pub(super) result: Option<&'static str>,
    /// What its description has to hold.
    pub(super) says: &'static [&'static str],
}

/// The admin changes the settings.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// What they want, in words.
    pub(super) what: &'static str,
    /// The settings document, but for its version.
    pub(super) settings: Value,
}

/// What happens at one moment of the day.
#[derive(Debug)]
pub(super) enum Happening<'a> {
    Change(&'a Change),
    /// The calls that begin at this moment.
    Calls(Vec<&'a Scene>),
    /// An event about a call that was logged long ago.
    Afterthought(&'a Scene, Value),
}

impl Day {
    /// The day that `date` is, a weekday; calls' ids are made of it, so that no two days share one.
    pub(super) fn on(date: Date) -> anyhow::Result<Self> {
        Ok(Self { date, scenes: calls::of(date)?, changes: settings::of(date)? })
    }

    /// All that happens, in order.
    pub(super) fn timeline(&self) -> Vec<(Timestamp, Happening<'_>)> {
        let mut timeline: Vec<_> = self.changes.iter().map(|(at, change)| (*at, Happening::Change(change))).collect();
        for same_moment in self.scenes.chunk_by(|a, b| a.call.started_at() == b.call.started_at()) {
            let starts = same_moment[0].call.started_at();
            timeline.push((starts, Happening::Calls(same_moment.iter().collect())));
        }
        for scene in &self.scenes {
            let late = scene.call.moments().into_iter().filter(|(_, at)| scene.is_late(*at));
            timeline
                .extend(late.map(|(event, at)| (at, Happening::Afterthought(scene, scene.call.event_at(event, at)))));
        }
        timeline.sort_by_key(|(at, _)| *at);
        timeline
    }
}

impl Scene {
    /// The webhooks that come while or soon after the call, as they arrive.
    pub(super) fn webhooks(&self) -> Vec<Value> {
        let in_time = self.call.moments().into_iter().filter(|(_, at)| !self.is_late(*at));
        let mut bodies: Vec<Value> = in_time.map(|(event, at)| self.call.event_at(event, at)).collect();
        match self.delivery {
            Delivery::InOrder => bodies,
            Delivery::Backwards => {
                bodies.reverse();
                bodies
            }
            Delivery::FiveTimesEach => bodies.into_iter().flat_map(|body| std::iter::repeat_n(body, 5)).collect(),
        }
    }

    fn is_late(&self, at: Timestamp) -> bool {
        at > self.call.ended_at() + LATE
    }
}

/// The last weekday before `today`.
pub(super) fn last_working_day(today: Date) -> Date {
    use jiff::civil::Weekday::{Saturday, Sunday};
    let mut before = std::iter::successors(today.yesterday().ok(), |day| day.yesterday().ok());
    before.find(|day| !matches!(day.weekday(), Saturday | Sunday)).unwrap_or(today)
}

/// A time of `date` on the clocks of an IANA time zone.
fn at(date: Date, hour: i8, minute: i8, zone: &str) -> anyhow::Result<Timestamp> {
    Ok(date.at(hour, minute, 0, 0).to_zoned(TimeZone::get(zone)?)?.timestamp())
}
