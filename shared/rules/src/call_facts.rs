//! What is known of a call beside the newest event: each fact with the event that reports it.
//!
//! An event that does not mention a fact takes nothing back.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::call::{CallId, Comment, Direction, Line, LineId, MissedCallReason, Party, Tag, User};
use crate::call_flow::{CallFlow, MAX_MENU_CHOICES, MenuChoice, Participants, Transfer};
use crate::call_report::CallReport;
use crate::comments::Comments;
use crate::document::{CallEvent, is_of_arrival};
use crate::fetched::Fetched;
use crate::observed::{self, earliest};
use crate::transfers;

type EventTime = observed::EventTime<CallEvent>;
type Observed<T> = observed::Observed<CallEvent, T>;

/// The facts of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a sign of its own")]
pub(crate) struct CallFacts {
    direction: Option<Observed<Direction>>,
    /// Whether an event says something that Aircall says of inbound calls only.
    looks_inbound: bool,
    /// Whether an event names a user where Aircall does so for outbound calls only, unless the call was answered.
    looks_outbound: bool,
    /// Whether an event names a user where Aircall does so for outbound calls only, answered or not.
    begins_outbound: bool,
    /// Whether an event says that the call was answered.
    is_answered: bool,
    started_at: Option<Observed<i64>>,
    // For a call whose times no event states: the earliest that can be inferred.
    begun_by: Option<i64>,
    answered_by: Option<i64>,
    ended_by: Option<i64>,
    missed_call_reason: Option<Observed<MissedCallReason>>,
    /// Whether the line was open when the call arrived, by the first event of its arrival.
    open_on_arrival: Option<Observed<bool>>,
    /// The other party, where it is not a phone number.
    unusable: Option<Observed<String>>,
    #[serde(rename = "number")]
    line: Option<Observed<LineId>>,
    /// What is known of lines, by id: that without an id belongs to any line.
    #[serde(rename = "numbers")]
    lines: BTreeMap<String, LineDetails>,
    /// What is known of users, by id.
    users: BTreeMap<String, UserDetails>,
    /// Who took the call first, or made it.
    first_user: Option<Observed<User>>,
    /// To whom the call was assigned last.
    assigned: Option<Observed<User>>,
    voice_agent: Option<VoiceAgentDetails>,
    transfers: Vec<Transfer>,
    menu_choices: BTreeSet<MenuChoice>,
    participants: Participants,
    callback_of: Option<Observed<CallId>>,
    tags: Option<Observed<Vec<Tag>>>,
    comments: Comments,
    /// When and why Aircall was first asked for the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    fetched: Option<Fetched>,
    /// Whether Aircall sent the event of the call's end by itself.
    has_end_event: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct LineDetails {
    name: Option<Observed<String>>,
    digits: Option<Observed<String>>,
    time_zone: Option<Observed<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct UserDetails {
    name: Option<Observed<String>>,
    email: Option<Observed<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct VoiceAgentDetails {
    name: Option<Observed<String>>,
    /// UNIX seconds.
    since: Option<i64>,
}

/// Joins the values of equal keys.
fn join<T>(left: BTreeMap<String, T>, right: BTreeMap<String, T>, merge: fn(T, T) -> T) -> BTreeMap<String, T> {
    let mut joined = left;
    for (key, value) in right {
        let value = match joined.remove(&key) {
            Some(known) => merge(known, value),
            None => value,
        };
        joined.insert(key, value);
    }
    joined
}

impl LineDetails {
    fn merge(self, other: Self) -> Self {
        Self {
            name: self.name.max(other.name),
            digits: self.digits.max(other.digits),
            time_zone: self.time_zone.max(other.time_zone),
        }
    }
}

impl UserDetails {
    fn merge(self, other: Self) -> Self {
        Self { name: self.name.max(other.name), email: self.email.max(other.email) }
    }
}

impl VoiceAgentDetails {
    fn merge(self, other: Self) -> Self {
        Self { name: self.name.max(other.name), since: earliest(self.since, other.since) }
    }
}

impl CallFacts {
    /// What one event reports. `user` is the event's user if it is the user of the call.
    pub(crate) fn new(report: &CallReport, moment: EventTime, user: Option<&User>) -> Self {
        let observed = |value: &Option<String>| value.clone().map(|value| Observed { moment, value });
        let line = &report.line;
        let line_details = LineDetails {
            name: observed(&line.name),
            digits: observed(&line.digits),
            time_zone: observed(&line.time_zone),
        };
        let mut users = BTreeMap::new();
        let named = [&report.user, &report.assigned_to, &report.transferred_by, &report.transferred_to];
        for user in named.into_iter().flatten() {
            if let Some(id) = user.id {
                let details = UserDetails { name: observed(&user.name), email: observed(&user.email) };
                users = join(users, BTreeMap::from([(id.to_string(), details)]), UserDetails::merge);
            }
        }
        let open_on_arrival = report.line.open.filter(|_| is_of_arrival(report.event));
        let unusable = match &report.party {
            Some(Party::Unusable(text)) => Some(text.clone()),
            Some(Party::Phone(_) | Party::Anonymous) | None => None,
        };
        let voice_agent = report.voice_agent.as_ref().map(|agent| VoiceAgentDetails {
            name: observed(&agent.name),
            since: agent.started_at.map(Timestamp::as_second),
        });
        Self {
            direction: report.direction.map(|value| Observed { moment, value }),
            looks_inbound: report.is_inbound_by_its_signs(),
            looks_outbound: report.is_outbound_by_its_user(),
            begins_outbound: report.is_outbound_by_its_user() && report.event == CallEvent::Created,
            is_answered: report.answered_at.is_some() || report.answered_by().is_some(),
            started_at: report.started_at.map(|at| Observed { moment, value: at.as_second() }),
            begun_by: report.begun_by().map(Timestamp::as_second),
            answered_by: report.answered_by().map(Timestamp::as_second),
            ended_by: report.ended_by().map(Timestamp::as_second),
            missed_call_reason: report.missed_call_reason.clone().map(|value| Observed { moment, value }),
            open_on_arrival: open_on_arrival.map(|value| Observed { moment, value }),
            unusable: unusable.map(|value| Observed { moment, value }),
            line: (line.id != LineId::UNKNOWN).then_some(Observed { moment, value: line.id }),
            lines: BTreeMap::from([(line.id.0.to_string(), line_details)]),
            users,
            first_user: user.cloned().map(|value| Observed { moment, value }),
            assigned: report.assigned_to.clone().map(|value| Observed { moment, value }),
            voice_agent,
            transfers: transfers::reported(report),
            menu_choices: first_choices(report.menu_choices.iter().cloned().collect()),
            participants: Participants::new(&report.participants, line),
            callback_of: report.callback_of.map(|value| Observed { moment, value }),
            tags: report.tags.clone().map(|value| Observed { moment, value }),
            comments: Comments::new(&report.comments, moment),
            fetched: report.fetched,
            has_end_event: Some(report.event == CallEvent::Ended && report.fetched.is_none()),
        }
    }

    /// Joins the facts of the same call.
    pub(crate) fn merge(self, other: Self) -> Self {
        Self {
            direction: self.direction.max(other.direction),
            looks_inbound: self.looks_inbound || other.looks_inbound,
            looks_outbound: self.looks_outbound || other.looks_outbound,
            begins_outbound: self.begins_outbound || other.begins_outbound,
            is_answered: self.is_answered || other.is_answered,
            started_at: self.started_at.max(other.started_at),
            begun_by: earliest(self.begun_by, other.begun_by),
            answered_by: earliest(self.answered_by, other.answered_by),
            ended_by: earliest(self.ended_by, other.ended_by),
            missed_call_reason: self.missed_call_reason.max(other.missed_call_reason),
            open_on_arrival: earliest(self.open_on_arrival, other.open_on_arrival),
            unusable: self.unusable.max(other.unusable),
            line: self.line.max(other.line),
            lines: join(self.lines, other.lines, LineDetails::merge),
            users: join(self.users, other.users, UserDetails::merge),
            first_user: earliest(self.first_user, other.first_user),
            assigned: self.assigned.max(other.assigned),
            voice_agent: match (self.voice_agent, other.voice_agent) {
                (Some(left), Some(right)) => Some(left.merge(right)),
                (left, right) => left.or(right),
            },
            transfers: transfers::union(self.transfers, other.transfers),
            menu_choices: first_choices(self.menu_choices.into_iter().chain(other.menu_choices).collect()),
            participants: self.participants.merge(other.participants),
            callback_of: self.callback_of.max(other.callback_of),
            tags: self.tags.max(other.tags),
            comments: self.comments.merge(other.comments),
            fetched: earliest(self.fetched, other.fetched),
            has_end_event: match (self.has_end_event, other.has_end_event) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (one, other) => one.and(other),
            },
        }
    }

    /// Who called whom: as Aircall says, else as what it says of inbound or of outbound calls only, else inbound.
    pub(crate) fn direction(&self) -> Direction {
        let looks_outbound = self.begins_outbound || (self.looks_outbound && !self.is_answered);
        let inferred = if looks_outbound && !self.looks_inbound { Direction::Outbound } else { Direction::Inbound };
        self.direction.as_ref().map_or(inferred, |direction| direction.value)
    }

    /// When the call started; none if no event says anything of it.
    pub(crate) fn started_at(&self) -> Option<Timestamp> {
        let stated = self.started_at.as_ref().map(|started_at| started_at.value);
        stated.or(self.begun_by).and_then(time)
    }

    /// When the call was answered, for a call whose answer no event dates: by a user, or by a voice agent, which answers
    /// an inbound call as soon as it is there.
    pub(crate) fn answered_by(&self) -> Option<Timestamp> {
        let agent = self.voice_agent.as_ref().filter(|_| self.direction() == Direction::Inbound);
        let agent = agent.map(|agent| agent.since.and_then(time).or_else(|| self.started_at()));
        self.answered_by.and_then(time).or(agent.flatten())
    }

    /// When the call ended, for a call whose end no event states.
    pub(crate) fn ended_by(&self) -> Option<Timestamp> {
        self.ended_by.and_then(time)
    }

    pub(crate) fn missed_call_reason(&self) -> Option<MissedCallReason> {
        self.missed_call_reason.as_ref().map(|reason| reason.value.clone())
    }

    pub(crate) fn open_on_arrival(&self) -> Option<&Observed<bool>> {
        self.open_on_arrival.as_ref()
    }

    /// The other party, if its phone number is not known.
    pub(crate) fn party(&self) -> Party {
        self.unusable.as_ref().map_or(Party::Anonymous, |text| Party::Unusable(text.value.clone()))
    }

    /// The line, with what any event tells of it; whether it was open is not part of it.
    pub(crate) fn line(&self) -> Line {
        let id = self.line.as_ref().map_or(LineId::UNKNOWN, |line| line.value);
        let details = |id: LineId| self.lines.get(&id.0.to_string());
        let known: Vec<&LineDetails> = [details(id), details(LineId::UNKNOWN)].into_iter().flatten().collect();
        let text = |part: fn(&LineDetails) -> &Option<Observed<String>>| {
            known.iter().find_map(|details| part(details).as_ref().map(|observed| observed.value.clone()))
        };
        Line {
            id,
            name: text(|details| &details.name),
            digits: text(|details| &details.digits),
            time_zone: text(|details| &details.time_zone),
            open: None,
        }
    }

    /// The user with what any event tells of them.
    pub(crate) fn completed(&self, user: User) -> User {
        let known = user.id.and_then(|id| self.users.get(&id.to_string()));
        let value = |observed: &Option<Observed<String>>| observed.as_ref().map(|observed| observed.value.clone());
        User {
            id: user.id,
            name: user.name.or_else(|| known.and_then(|known| value(&known.name))),
            email: user.email.or_else(|| known.and_then(|known| value(&known.email))),
        }
    }

    /// Who took the call first, or made it. If no event names them before the first transfer, it is who transferred it.
    pub(crate) fn first_user(&self) -> Option<User> {
        let first = self.first_user.as_ref();
        let transfer = self.transfers.iter().find(|transfer| transfer.by.is_some());
        let by = transfer.filter(|transfer| first.is_none_or(|first| transfer.at.as_second() <= first.moment.at));
        let by = by.and_then(|transfer| transfer.by.clone());
        by.or_else(|| first.map(|user| user.value.clone())).map(|user| self.completed(user))
    }

    /// To whom the call was assigned, if it was not transferred since.
    pub(crate) fn assignee(&self) -> Option<User> {
        let assigned = self.assigned.as_ref()?;
        let is_transferred =
            self.transfers.iter().any(|one| one.to.is_some() && assigned.moment.at < one.at.as_second());
        (!is_transferred).then(|| self.completed(assigned.value.clone()))
    }

    /// Who had the call last, if `user` is the last one whom Aircall names as its user: to whom `user` transferred it, if
    /// nobody transferred it after that.
    pub(crate) fn last_user(&self, user: User) -> User {
        let is_known = |transfer: &&Transfer| !transfer.is_external && transfer.by.is_some() && transfer.to.is_some();
        let last = self.transfers.iter().rfind(is_known);
        let is_by = |by: &User| by.id.is_some() && by.id == user.id;
        let to =
            last.filter(|transfer| transfer.by.as_ref().is_some_and(is_by)).and_then(|transfer| transfer.to.clone());
        self.completed(to.unwrap_or(user))
    }

    /// How the call went.
    pub(crate) fn flow(&self) -> CallFlow {
        CallFlow {
            first_user: self.first_user(),
            voice_agent: self.voice_agent().filter(|_| self.direction() == Direction::Inbound),
            transfers: self.transfers(),
            menu_choices: self.menu_choices(),
            conference: self.participants.conference(!self.transfers.is_empty(), self.line().digits.as_deref()),
            callback_of: self.callback_of.as_ref().map(|call| call.value),
        }
    }

    /// The voice agent, as the user who handled the call.
    pub(crate) fn voice_agent(&self) -> Option<User> {
        let agent = self.voice_agent.as_ref()?;
        let name = match &agent.name {
            Some(name) => format!("{} (voice agent)", name.value),
            None => "a voice agent".to_owned(),
        };
        Some(User { id: None, name: Some(name), email: None })
    }

    /// The transfers, oldest first.
    pub(crate) fn transfers(&self) -> Vec<Transfer> {
        let completed = |user: Option<User>| user.map(|user| self.completed(user));
        let transfer =
            |transfer: Transfer| Transfer { by: completed(transfer.by), to: completed(transfer.to), ..transfer };
        self.transfers.iter().cloned().map(transfer).collect()
    }

    /// What the caller chose in the menu, in order. A choice whose time one event leaves out is told by another, with it.
    fn menu_choices(&self) -> Vec<MenuChoice> {
        let is_same = |one: &MenuChoice, other: &MenuChoice| (&one.title, &one.key) == (&other.title, &other.key);
        let is_repeated = |choice: &MenuChoice| {
            choice.at.is_none() && self.menu_choices.iter().any(|other| other.at.is_some() && is_same(choice, other))
        };
        self.menu_choices.iter().filter(|choice| !is_repeated(choice)).cloned().collect()
    }

    pub(crate) fn tags(&self) -> Vec<Tag> {
        self.tags.as_ref().map(|tags| tags.value.clone()).unwrap_or_default()
    }

    pub(crate) fn comments(&self) -> Vec<Comment> {
        self.comments.shown()
    }

    /// When and why Aircall was first asked for the call.
    pub(crate) fn fetched(&self) -> Option<&Fetched> {
        self.fetched.as_ref()
    }

    /// Whether Aircall sent the event of the call's end by itself.
    pub(crate) fn has_end_event(&self) -> bool {
        self.has_end_event != Some(false)
    }
}

fn first_choices(mut choices: BTreeSet<MenuChoice>) -> BTreeSet<MenuChoice> {
    while MAX_MENU_CHOICES < choices.len() {
        choices.pop_last();
    }
    choices
}

fn time(second: i64) -> Option<Timestamp> {
    Timestamp::from_second(second).ok()
}
