//! An entry of the activity log with all its details, as the API returns it.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::{optional, required};
use rules::{Call, Channel, Comment, Direction, Interaction, Message, Step, Tag};
use serde::Serialize;
use serde_json::{Map, Value};
use store::{Entry, Tenant};
use utoipa::ToSchema;

use super::entry::EntryView;
use crate::activity::{steps, task_fields};

/// An entry with all its details.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FullEntry)]
pub(crate) struct FullEntryView {
    #[serde(flatten)]
    entry: EntryView,
    #[serde(flatten)]
    details: Details,
}

/// Details that are only returned for a single entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EntryDetails)]
struct Details {
    /// How the entry was decided and written, step by step.
    trace: Vec<Step>,
    /// Aircall's further data of the call; null for messages.
    #[schema(required)]
    call: Option<CallView>,
    /// The messages, in the order of sending; null for a call.
    #[schema(required)]
    messages: Option<Vec<MessageView>>,
    /// The Task as it was last written, by Salesforce's field names; null while there is none.
    #[schema(value_type = Option<Object>, required, example = json!({"Subject": "Missed call from Lou Sample on Sales", "Status": "In Progress"}))]
    task: Option<Map<String, Value>>,
    /// When the Task was created, in UNIX seconds; null while there is none.
    #[serde(with = "optional")]
    #[schema(value_type = Option<i64>, required)]
    logged_at: Option<Timestamp>,
}

/// A message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
struct MessageView {
    /// Aircall's ID of the message.
    id: String,
    /// The direction of the message.
    direction: Direction,
    /// When it was sent, in UNIX seconds.
    #[serde(with = "required")]
    #[schema(value_type = i64)]
    sent_at: Timestamp,
    /// `sms` (for SMS and MMS), `whatsapp`, or another value of Aircall's.
    channel: String,
    /// The text; null if the message only has attachments.
    #[schema(required)]
    text: Option<String>,
    /// The names of the attachments; null for an attachment without a name.
    media: Vec<Option<String>>,
    /// The delivery state, as Aircall spells it; null if unknown.
    #[schema(required)]
    state: Option<String>,
}

/// Aircall's further data of a call.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallDetails)]
struct CallView {
    /// When the call was answered, in UNIX seconds; null if it was not.
    #[serde(with = "optional")]
    #[schema(value_type = Option<i64>, required)]
    answered_at: Option<Timestamp>,
    /// When the call ended, in UNIX seconds; null while it is not over.
    #[serde(with = "optional")]
    #[schema(value_type = Option<i64>, required)]
    ended_at: Option<Timestamp>,
    /// Talking time, in seconds.
    talk_seconds: u64,
    /// Seconds until the call was answered or, if it was not, until it ended.
    waiting_seconds: u64,
    tags: Vec<String>,
    comments: Vec<CommentView>,
}

/// A comment in Aircall.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Comment)]
struct CommentView {
    content: String,
    #[serde(with = "optional")]
    #[schema(value_type = Option<i64>, required)]
    posted_at: Option<Timestamp>,
    #[schema(required)]
    posted_by: Option<String>,
}

impl FullEntryView {
    /// The entry with its trace and all other details.
    pub(crate) fn new(entry: &Entry, tenant: &Tenant) -> Self {
        let interaction = entry.document.interaction();
        Self { entry: EntryView::new(entry, &interaction, tenant), details: Details::new(entry, interaction) }
    }
}

impl Details {
    fn new(entry: &Entry, interaction: Interaction) -> Self {
        let written = entry.written.as_ref();
        let fields = |task: &rules::Task| {
            task_fields::task_fields(task).into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
        };
        Self {
            trace: steps(entry).cloned().collect(),
            task: written.and_then(|written| written.task.as_ref()).map(fields),
            logged_at: written.map(|written| written.logged_at),
            messages: interaction
                .messages()
                .map(|messages| messages.in_order().into_iter().map(MessageView::new).collect()),
            call: match interaction {
                Interaction::Call(call) => Some(CallView::new(*call)),
                Interaction::Messages(_) | Interaction::Unreadable(_) => None,
            },
        }
    }
}

impl CallView {
    fn new(call: Call) -> Self {
        Self {
            answered_at: call.answered_at,
            ended_at: call.ended_at,
            talk_seconds: call.talk_seconds(),
            waiting_seconds: call.waiting_seconds(),
            tags: call.tags.into_iter().map(|Tag { name }| name).collect(),
            comments: call.comments.into_iter().map(CommentView::new).collect(),
        }
    }
}

impl MessageView {
    fn new(message: &Message) -> Self {
        Self {
            id: message.id.to_string(),
            direction: message.direction,
            sent_at: message.sent_at,
            channel: match &message.channel {
                Channel::Sms => "sms".to_owned(),
                Channel::WhatsApp => "whatsapp".to_owned(),
                Channel::Other(name) => name.clone(),
            },
            text: message.text.clone(),
            media: message.media.iter().map(|media| media.name.clone()).collect(),
            state: message.state.as_ref().map(|state| state.0.clone()),
        }
    }
}

impl CommentView {
    fn new(Comment { content, posted_at, posted_by }: Comment) -> Self {
        Self { content, posted_at, posted_by: posted_by.and_then(|user| user.name) }
    }
}
