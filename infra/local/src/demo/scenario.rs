//! The working day as data: records, settings, calls and messages, and their expected results.

mod calls;
mod expected;
mod messages;
mod records;
mod settings;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
pub(super) use records::seed;
use rules::{RecordKind, SkipReason, TaskStatus};
use serde_json::Value;

use super::bodies::{CallBody, Line, MessageBody};

/// An event this long after the end of its call is a late event: by then the call has been logged.
const LATE: SignedDuration = SignedDuration::from_mins(5);

/// A working day.
#[derive(Debug)]
pub(super) struct Scenario {
    pub(super) date: Date,
    pub(super) scenes: Vec<Scene>,
    changes: Vec<(Timestamp, Change)>,
}

/// A call or message, how its webhooks arrive, and its expected outcome.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) interaction: Interaction,
    pub(super) delivery: Delivery,
    pub(super) outcome: Outcome,
}

/// A call or a message.
#[derive(Clone, Debug)]
pub(super) enum Interaction {
    Call(Box<CallBody>),
    Message(Box<MessageBody>),
}

/// How the webhooks of a call or message arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    InOrder,
    Backwards,
    FiveTimesEach,
}

/// The expected outcome of a call or message.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Task(Expected),
    Skipped(SkipReason),
}

/// The expected Task.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    pub(super) kind: RecordKind,
    pub(super) name: &'static str,
    pub(super) status: TaskStatus,
    pub(super) owner: &'static str,
    /// The Task's `CallDisposition`: the tags.
    pub(super) result: Option<&'static str>,
    /// Texts that its description must contain.
    pub(super) says: &'static [&'static str],
}

/// A change of the settings by the admin.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// The new settings, in words.
    pub(super) what: &'static str,
    /// The settings document without its version.
    pub(super) settings: Value,
}

/// What happens at one time of the scenario.
#[derive(Debug)]
pub(super) enum Step<'a> {
    Change(&'a Change),
    /// The calls and messages that begin at this time.
    Begin(Vec<&'a Scene>),
    /// An event of a call or message that was logged before.
    LateEvent(&'a Scene, Value),
}

impl Scenario {
    /// The scenario of `date`, a weekday. Ids are derived from the date, so that no two days share one.
    pub(super) fn on(date: Date) -> anyhow::Result<Self> {
        let mut scenes = calls::scenes(date)?;
        scenes.extend(messages::scenes(date)?);
        scenes.sort_by_key(|scene| scene.interaction.started_at());
        Ok(Self { date, scenes, changes: settings::changes(date)? })
    }

    /// All steps, in order of time.
    pub(super) fn timeline(&self) -> Vec<(Timestamp, Step<'_>)> {
        let mut timeline: Vec<_> = self.changes.iter().map(|(at, change)| (*at, Step::Change(change))).collect();
        for same_time in self.scenes.chunk_by(|a, b| a.interaction.started_at() == b.interaction.started_at()) {
            let starts = same_time[0].interaction.started_at();
            timeline.push((starts, Step::Begin(same_time.iter().collect())));
        }
        for scene in &self.scenes {
            let late = scene.interaction.events().into_iter().filter(|(at, _)| scene.is_late(*at));
            timeline.extend(late.map(|(at, body)| (at, Step::LateEvent(scene, body))));
        }
        timeline.sort_by_key(|(at, _)| *at);
        timeline
    }
}

impl Scene {
    /// The webhooks during the call or soon after it, in the order of delivery.
    pub(super) fn webhooks(&self) -> Vec<Value> {
        let in_time = self.interaction.events().into_iter().filter(|(at, _)| !self.is_late(*at));
        let mut bodies: Vec<Value> = in_time.map(|(_, body)| body).collect();
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
        at > self.interaction.ended_at() + LATE
    }
}

impl Interaction {
    pub(super) fn key(&self) -> String {
        match self {
            Interaction::Call(call) => call.key(),
            Interaction::Message(message) => message.key(),
        }
    }

    pub(super) fn started_at(&self) -> Timestamp {
        match self {
            Interaction::Call(call) => call.started_at(),
            Interaction::Message(message) => message.sent_at(),
        }
    }

    pub(super) fn ended_at(&self) -> Timestamp {
        match self {
            Interaction::Call(call) => call.ended_at(),
            Interaction::Message(message) => message.sent_at(),
        }
    }

    pub(super) fn line(&self) -> &Line {
        match self {
            Interaction::Call(call) => call.line(),
            Interaction::Message(message) => message.line(),
        }
    }

    /// The other party's phone number, as Aircall writes it.
    pub(super) fn other_party(&self) -> &str {
        match self {
            Interaction::Call(call) => call.raw_digits(),
            Interaction::Message(message) => message.external_number(),
        }
    }

    /// The bodies of its events in order, each with the time at which Aircall builds it.
    pub(super) fn events(&self) -> Vec<(Timestamp, Value)> {
        match self {
            Interaction::Call(call) => {
                call.moments().into_iter().map(|(event, at)| (at, call.event_at(event, at))).collect()
            }
            Interaction::Message(message) => message.all_events(),
        }
    }
}

/// The last weekday before `today`.
pub(super) fn last_working_day(today: Date) -> Date {
    use jiff::civil::Weekday::{Saturday, Sunday};
    let mut before = std::iter::successors(today.yesterday().ok(), |day| day.yesterday().ok());
    before.find(|day| !matches!(day.weekday(), Saturday | Sunday)).unwrap_or(today)
}

/// A time of `date` in an IANA time zone.
fn at(date: Date, hour: i8, minute: i8, zone: &str) -> anyhow::Result<Timestamp> {
    Ok(date.at(hour, minute, 0, 0).to_zoned(TimeZone::get(zone)?)?.timestamp())
}
