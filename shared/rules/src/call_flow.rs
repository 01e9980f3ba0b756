//! How a call went: who had it one after the other, what the caller chose in the menu, and who else took part.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::{optional, required};
use serde::{Deserialize, Serialize};

use crate::call::{Call, CallId, Line, User};
use crate::phone::digits_of;
use crate::settings::TransferredCallOwner;
use crate::text::inline;

/// How a call went, beside who had it last. Merged from all events: no single one tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallFlow {
    /// The user who took the call first, or made it.
    pub first_user: Option<User>,
    /// The voice agent that talked to the caller, as if it were a user.
    pub voice_agent: Option<User>,
    /// The transfers that took place, oldest first.
    pub transfers: Vec<Transfer>,
    /// What the caller chose in the menu, in order.
    pub menu_choices: Vec<MenuChoice>,
    /// The names or phone numbers of those who took part in a conference; empty if it was none.
    pub conference: Vec<String>,
    /// The call in which somebody asked to be called back, of which this is the call-back.
    pub callback_of: Option<CallId>,
}

/// A transfer of a call that took place. Ordered by time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Transfer {
    /// When.
    #[serde(with = "required")]
    pub at: Timestamp,
    /// Whether it left the company.
    #[serde(default)]
    pub is_external: bool,
    /// Who handed the call on.
    pub by: Option<User>,
    /// The user who got it; of a team the first one.
    pub to: Option<User>,
    /// The phone number outside the company that it went to, as Aircall displays it.
    pub phone: Option<String>,
}

/// What a caller chose in a menu (IVR). Ordered by time or, where Aircall does not tell it, by the place in its list.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct MenuChoice {
    /// When.
    #[serde(with = "optional")]
    pub at: Option<Timestamp>,
    /// The place in Aircall's list, of a choice without a time.
    pub place: u8,
    /// The name of the choice.
    pub title: Option<String>,
    /// The key that was pressed.
    pub key: Option<String>,
}

/// Somebody who takes part in a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Participant {
    /// Whether it is a user of the company.
    pub is_user: bool,
    /// Aircall's id, if it has one.
    pub id: Option<u64>,
    /// The name.
    pub name: Option<String>,
    /// The phone number.
    pub phone: Option<String>,
}

/// The most choices in a menu that are kept: the first ones.
pub(crate) const MAX_MENU_CHOICES: usize = 20;
/// The most participants that are kept.
const MAX_PARTICIPANTS: usize = 20;
/// The most participants of a call that is no conference.
const ORDINARY: usize = 2;
/// Begins the keys of users among the [`Participants`].
const USER: &str = "user-";

/// All participants of whom an event told: their labels, by what tells one from another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Participants {
    labels: BTreeMap<String, String>,
    /// Whether one event names more than an ordinary call has. All events together do so after a transfer, too.
    are_many: bool,
}

impl Participants {
    /// Those whom one event names, without the line itself.
    pub(crate) fn new(reported: &[Participant], line: &Line) -> Self {
        let digits = |phone: Option<&str>| phone.map(digits_of).filter(|digits| !digits.is_empty());
        let line = digits(line.digits.as_deref());
        let is_line = |one: &&Participant| line.is_some() && digits(one.phone.as_deref()) == line;
        let mut participants = Self::default();
        for participant in reported.iter().filter(|one| !is_line(one)) {
            if let Some((key, label)) = participant.key().zip(participant.label()) {
                participants = participants.merge(Self { labels: BTreeMap::from([(key, label)]), are_many: false });
            }
        }
        let are_many = ORDINARY < participants.labels.len();
        Self { are_many, ..participants }
    }

    pub(crate) fn merge(mut self, other: Self) -> Self {
        for (key, label) in other.labels {
            let known = self.labels.entry(key).or_default();
            if *known < label {
                *known = label;
            }
        }
        if let Some(excess) = self.labels.keys().nth(MAX_PARTICIPANTS).cloned() {
            self.labels.split_off(&excess);
        }
        Self { labels: self.labels, are_many: self.are_many || other.are_many }
    }

    /// The participants, if they are in a conference. After a transfer, Aircall may name those who had the call before: then
    /// only several people outside the company make it one.
    ///
    /// The line, whose phone number another event may tell, is none of them.
    pub(crate) fn conference(&self, was_transferred: bool, line: Option<&str>) -> Vec<String> {
        let line = line.map(|digits| phone_key(&digits_of(digits)));
        let labels = || self.labels.iter().filter(|(key, _)| Some(*key) != line.as_ref());
        let external = labels().filter(|(key, _)| !key.starts_with(USER)).count();
        let are_many = self.are_many && ORDINARY < labels().count();
        let is_conference = are_many && (!was_transferred || 1 < external);
        if is_conference { labels().map(|(_, label)| label.clone()).collect() } else { Vec::new() }
    }
}

/// By what a participant with this phone number is known.
fn phone_key(digits: &str) -> String {
    format!("phone-{digits}")
}

impl Participant {
    /// By what it is known in each event, even if one of them says less.
    fn key(&self) -> Option<String> {
        let kind = if self.is_user { USER } else { "" };
        let digits = self.phone.as_deref().map(digits_of).unwrap_or_default();
        if !self.is_user && !digits.is_empty() {
            return Some(phone_key(&digits));
        }
        let name = || self.name.as_ref().or(self.phone.as_ref()).map(|name| format!("{kind}name-{name}"));
        self.id.map(|id| format!("{kind}id-{id}")).or_else(name)
    }

    fn label(&self) -> Option<String> {
        match (&self.name, &self.phone) {
            (Some(name), Some(phone)) if !self.is_user => Some(format!("{name} ({phone})")),
            (name, phone) => name.clone().or_else(|| phone.clone()),
        }
    }
}

/// How a user is called in texts: by name, else by e-mail.
pub(crate) fn label(user: &User) -> Option<String> {
    let label = user.name.as_deref().or(user.email.as_deref()).map(inline);
    label.filter(|label| !label.is_empty())
}

impl Transfer {
    /// To whom it went: `to Max Demo`, `outside the company, to +1 415-555-0142`.
    pub(crate) fn destination(&self) -> String {
        let phone = self.phone.as_deref().map(inline).filter(|phone| !phone.is_empty());
        match (self.is_external, self.to.as_ref().and_then(label), phone) {
            (true, _, Some(phone)) => format!("outside the company, to {phone}"),
            (true, _, None) => "outside the company".to_owned(),
            (false, Some(user), _) => format!("to {user}"),
            (false, None, _) => "to another user".to_owned(),
        }
    }
}

impl MenuChoice {
    /// Its title, else its key.
    fn label(&self) -> Option<String> {
        let title = self.title.as_deref().map(inline).filter(|title| !title.is_empty());
        title.or_else(|| self.key.as_deref().map(|key| format!("key {}", inline(key))))
    }
}

impl CallFlow {
    /// What the caller chose in the menu; none if nothing.
    pub(crate) fn menu_path(&self) -> Option<String> {
        let choices: Vec<String> = self.menu_choices.iter().filter_map(MenuChoice::label).collect();
        (!choices.is_empty()).then(|| choices.join(", then "))
    }

    /// Who took part in the conference; none if it was none.
    pub(crate) fn conference_members(&self) -> Option<String> {
        let members: Vec<String> = self.conference.iter().map(|member| inline(member)).collect();
        (!members.is_empty()).then(|| members.join(", "))
    }
}

impl Call {
    /// The user who owns its Task, and whom its subject names: the last one or, as the settings choose, the first one.
    pub fn owner(&self, choice: TransferredCallOwner) -> Option<&User> {
        match choice {
            TransferredCallOwner::Last => self.user.as_ref(),
            TransferredCallOwner::First => self.flow.first_user.as_ref().or(self.user.as_ref()),
        }
    }

    /// Who answered the call, or made it, before any transfer.
    pub(crate) fn first_handler(&self) -> Option<&User> {
        let flow = &self.flow;
        flow.voice_agent.as_ref().or(flow.first_user.as_ref()).or(self.user.as_ref())
    }

    /// How the call went, in sentences that follow what type of call it is; each begins with a space.
    pub(crate) fn flow_sentences(&self) -> String {
        let flow = &self.flow;
        let mut sentences = String::new();
        let mut add = |sentence: String| sentences.extend([" ", &sentence]);
        if let Some(choices) = flow.menu_path() {
            add(format!("In the menu, the caller chose: {choices}."));
        }
        let user = flow.first_user.as_ref().or(self.user.as_ref()).and_then(label);
        if let Some(agent) = flow.voice_agent.as_ref().and_then(label).filter(|_| self.answered_at.is_some()) {
            match user.as_ref().filter(|user| **user != agent) {
                Some(user) => add(format!("It was answered by {agent}, and then by {user}.")),
                None => add(format!("It was answered by {agent}.")),
            }
        }
        if !flow.transfers.is_empty() {
            let destinations: Vec<String> = flow.transfers.iter().map(Transfer::destination).collect();
            let destinations = destinations.join(", then ");
            match user {
                Some(user) => add(format!("{user} had it first, and it was transferred {destinations}.")),
                None => add(format!("It was transferred {destinations}.")),
            }
        }
        if let Some(members) = flow.conference_members() {
            add(format!("It was a conference of {members}."));
        }
        if let Some(CallId(id)) = flow.callback_of {
            add(format!("It is the call-back that was asked for in Aircall's call {id}."));
        }
        sentences
    }
}
