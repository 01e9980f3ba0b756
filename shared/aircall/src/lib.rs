//! Aircall's webhook bodies and their conversion to the types of [`rules`]; with the feature `client`, its REST API.
//!
//! Only this crate knows Aircall's JSON. Parsing is lenient, because bodies differ between events, API versions and
//! years: unknown fields and events are ignored, and anything but an id and some time may be missing, null, empty or of
//! another type.
//!
//! | to do this | use |
//! |---|---|
//! | read a webhook body | [`Webhook::parse`] |
//! | know which events to subscribe to, and what for | [`EVENTS`], [`brings`] |
//! | call Aircall's API | `Client`, with the feature `client` |
//! | connect an account as an app | `oauth`, with the feature `client` |

mod call;
#[cfg(feature = "client")]
pub mod client;
mod error;
mod event;
mod lenient;
mod message;
#[cfg(feature = "client")]
pub mod oauth;
mod parts;
mod party;
mod voice_agent;
pub mod webhook;

#[cfg(feature = "client")]
pub use client::Client;
pub use error::WebhookError;
pub use event::{EVENTS, brings};
pub use party::party;
pub use webhook::Webhook;
