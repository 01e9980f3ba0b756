//! The pure core: what a call or message is, whether and how it is logged, and the Task it becomes.
//!
//! Data flows one way, with one module for each step:
//!
//! 1. [`document`]: the events of one call merge into its [`CallDocument`], in any order of delivery. The events of a
//!    message merge into its [`MessageDocument`], which yields [`Messages`] with a Task of their own. Each is stored as
//!    a [`Document`], which describes an [`Interaction`].
//! 2. [`decide`]: the document and the tenant's [`settings`] give a [`Decision`], with a [`Trace`] in an admin's words.
//!    It uses [`call_type`], [`hours`] and [`phone`]. [`decide_again`] does so once more for what was skipped, by the
//!    settings of then.
//! 3. [`matching`], [`relate`] and [`unknown`]: the records that Salesforce has for the phone number determine the
//!    record to log on.
//! 4. [`task`]: builds the [`Task`]. [`revise`] computes how an existing Task changes without losing what a person
//!    wrote.
//!
//! Nothing here is `async`, reads a clock or the environment, or does I/O; this crate's `clippy.toml` forbids the
//! calls.

pub mod call;
mod call_facts;
mod call_flow;
mod call_report;
pub mod call_type;
mod comments;
mod company;
pub mod decide;
pub mod decide_again;
mod description;
pub mod document;
mod fetched;
pub mod hours;
mod interaction;
pub mod matching;
pub mod message;
mod message_description;
mod message_document;
pub mod messages;
mod observed;
#[cfg(feature = "openapi")]
mod openapi;
mod org_lists;
mod own_lines;
pub mod phone;
mod phone_digest;
mod rails_zones;
pub mod relate;
pub mod revise;
mod salesforce_id;
pub mod schedule;
pub mod settings;
pub mod stored;
pub mod task;
mod task_status;
mod text;
pub mod trace;
mod transfers;
pub mod unknown;
mod unreadable;

pub use call::{
    Call, CallId, Comment, Contact, Direction, Line, LineId, MissedCallReason, Party, Tag, User, VoiceAgent,
};
pub use call_flow::{CallFlow, MenuChoice, Participant, Transfer};
pub use call_report::CallReport;
pub use call_type::CallType;
pub use comments::{MAX_COMMENTS, PostedComment};
pub use company::Company;
pub use decide::{Decision, SkipReason, Verdict};
pub use document::{CallDocument, CallEvent, Snapshot};
pub use fetched::{FetchCause, Fetched};
pub use interaction::{Document, Interaction};
pub use matching::{Candidate, RecordKind};
pub use message::{Channel, DeliveryState, Media, Message, MessageId};
pub use message_document::{MessageDocument, MessageEvent, MessageSnapshot};
pub use messages::{Conversation, Messages};
pub use org_lists::{OrgLists, OrgStatus, StatusChoice, StatusNames};
pub use own_lines::OwnLines;
pub use phone::E164;
pub use phone_digest::DigestKey;
pub use salesforce_id::{InvalidSalesforceId, SalesforceId};
pub use settings::Settings;
pub use task::Task;
pub use task_status::TaskStatus;
pub use trace::{Step, Topic, Trace};
pub use unreadable::Unreadable;
