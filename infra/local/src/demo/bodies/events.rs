//! The events of a call, and when Aircall builds each.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{CallBody, Direction};

/// Seconds from the end of a call to `call.ended`, which contains the voicemail.
pub(super) const ENDED_AFTER: i64 = 30;
/// Seconds from the end of a call to `call.voicemail_left`.
const VOICEMAIL_LEFT_AFTER: i64 = 33;
/// Seconds from the end of a call to `call.comm_assets_generated`, which contains the recording.
pub(super) const RECORDED_AFTER: i64 = 60;

impl CallBody {
    /// The body of the event of this name; of several such events (tags, comments) the last.
    ///
    /// An event that does not happen in this call is built at the second of `call.ended`.
    pub fn event(&self, name: &str) -> Value {
        let moments = self.moments();
        let moment = moments.iter().rev().find(|(event, _)| *event == name);
        self.event_at(name, moment.map_or(self.after_end(ENDED_AFTER), |(_, at)| *at))
    }

    /// The bodies of all its events, in the order in which Aircall builds them.
    pub fn all_events(&self) -> Vec<Value> {
        self.moments().into_iter().map(|(event, at)| self.event_at(event, at)).collect()
    }

    /// Its events in order, each with the time at which Aircall builds it.
    pub fn moments(&self) -> Vec<(&'static str, Timestamp)> {
        let answered_at = self.answered_at();
        let mut moments = vec![("call.created", self.started_at)];
        if self.direction == Direction::Inbound && self.user.is_some() {
            moments.push(("call.ringing_on_agent", self.started_at));
        }
        moments.extend(answered_at.map(|at| ("call.answered", at)));
        moments.push(("call.hungup", self.ended_at()));
        moments.push(("call.ended", self.after_end(ENDED_AFTER)));
        if self.left_voicemail {
            moments.push(("call.voicemail_left", self.after_end(VOICEMAIL_LEFT_AFTER)));
        }
        if self.is_recorded {
            moments.push(("call.comm_assets_generated", self.after_end(RECORDED_AFTER)));
        }
        moments.extend(self.tags.iter().map(|tag| ("call.tagged", self.after_end(tag.after))));
        moments.extend(self.comments.iter().map(|comment| ("call.commented", self.after_end(comment.after))));
        moments.extend(self.archived_after.map(|after| ("call.archived", self.after_end(after))));
        // The sort is stable: events of the same second stay in the order above.
        moments.sort_by_key(|(_, at)| *at);
        moments
    }

    pub(super) fn answered_at(&self) -> Option<Timestamp> {
        self.answered_after.map(|after| self.started_at + SignedDuration::from_secs(after))
    }

    pub(super) fn after_end(&self, seconds: i64) -> Timestamp {
        self.ended_at() + SignedDuration::from_secs(seconds)
    }
}
