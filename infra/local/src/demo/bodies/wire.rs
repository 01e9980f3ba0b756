//! The JSON of one event: the call as Aircall sees it at that second.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    CallBody, Direction, Note,
    events::{ENDED_AFTER, RECORDED_AFTER},
};

impl CallBody {
    /// The body of an event that Aircall builds at `at`: it has nothing that happens later.
    pub fn event_at(&self, event: &str, at: Timestamp) -> Value {
        json!({
            "resource": "call", "event": event, "timestamp": at.as_second(), "token": self.token,
            "data": self.call_at(event, at),
        })
    }

    fn call_at(&self, event: &str, at: Timestamp) -> Value {
        let by_then = |moment: Timestamp| Some(moment).filter(|moment| *moment <= at);
        let answered_at = self.answered_at().and_then(by_then);
        let ended_at = by_then(self.ended_at());
        let duration = ended_at.map_or(0, |end| end.as_second() - self.started_at.as_second());
        let was_missed = ended_at.is_some() && self.direction == Direction::Inbound && answered_at.is_none();
        let voicemail = self.left_voicemail && at >= self.after_end(ENDED_AFTER);
        let recording = self.is_recorded && at >= self.after_end(RECORDED_AFTER);
        let media = |kind| format!("https://media.example.com/{}/{kind}.mp3", self.id);
        let page = |kind| format!("https://assets.aircall.io/calls/{}/{kind}", self.id);
        let mut call = json!({
            "id": self.id,
            "direct_link": format!("https://api.aircall.io/v1/calls/{}", self.id),
            "direction": match self.direction { Direction::Inbound => "inbound", Direction::Outbound => "outbound" },
            "status": match (ended_at, answered_at) {
                (Some(_), _) => "done",
                (None, Some(_)) => "answered",
                (None, None) => "initial",
            },
            "missed_call_reason": self.missed_call_reason.as_ref().filter(|_| was_missed),
            "started_at": self.started_at.as_second(),
            "answered_at": answered_at.map(Timestamp::as_second),
            "ended_at": ended_at.map(Timestamp::as_second),
            "duration": duration,
            "cost": "0.0",
            "hangup_cause": null,
            "voicemail": voicemail.then(|| media("voicemail")),
            "recording": recording.then(|| media("recording")),
            "asset": if recording { Some(page("recording")) } else { voicemail.then(|| page("voicemail")) },
            "raw_digits": self.raw_digits,
            "number": self.line.to_json(),
            "archived": self.archived_after.is_some_and(|after| at >= self.after_end(after)),
            "teams": [],
            "comments": self.comments_by(at),
            "tags": self.tags_by(at),
        });
        // Without a user the key is absent. Of an unanswered inbound call only the ringing events name the agent.
        let takes_part = self.direction == Direction::Outbound || answered_at.is_some();
        let is_ringing = matches!(event, "call.ringing_on_agent" | "call.agent_declined");
        if let Some(user) = self.user.as_ref().filter(|_| takes_part || is_ringing) {
            call["user"] = user.to_json();
        }
        if let Some(contact) = &self.contact {
            call["contact"] = contact.to_json(self.id, self.started_at.as_second(), &self.raw_digits);
        }
        call
    }

    fn tags_by(&self, at: Timestamp) -> Vec<Value> {
        let tag = |(id, tag, tagged_at): (u64, &Note, i64)| json!({"id": id, "name": tag.text, "tagged_by": self.author(), "tagged_at": tagged_at});
        self.notes_at(&self.tags, at).map(tag).collect()
    }

    fn comments_by(&self, at: Timestamp) -> Vec<Value> {
        let comment = |(id, comment, posted_at): (u64, &Note, i64)| json!({"id": id, "content": comment.text, "posted_at": posted_at, "posted_by": self.author()});
        self.notes_at(&self.comments, at).map(comment).collect()
    }

    /// The notes that exist at `at`, each with an id of its own and its UNIX seconds.
    fn notes_at<'a>(&'a self, notes: &'a [Note], at: Timestamp) -> impl Iterator<Item = (u64, &'a Note, i64)> {
        let numbered = notes.iter().zip(self.id * 10..).map(|(note, id)| (id, note, self.after_end(note.after)));
        numbered
            .filter(move |(_, _, noted_at)| *noted_at <= at)
            .map(|(id, note, noted_at)| (id, note, noted_at.as_second()))
    }

    /// The user who tags and comments; null without one.
    fn author(&self) -> Option<Value> {
        self.user.as_ref().map(super::User::to_json)
    }
}
