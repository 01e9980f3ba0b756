//! Aircall's wire: the webhook bodies, and what they mean to the [`rules`]; behind the feature `client`, its REST API.
//!
//! Only this crate spells Aircall's JSON. It reads leniently: unknown fields and events pass, every field but the
//! ids may be missing, null or an empty object, because bodies differ between events, API versions and years.
//!
//! | to do this | use |
//! |---|---|
//! | read a webhook body | [`Webhook::parse`] |
//! | know which events to subscribe to | [`EVENTS`] |
//! | ask Aircall | `Client`, with the feature `client` |
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
pub mod webhook;

#[cfg(feature = "client")]
pub use client::Client;
pub use error::WebhookError;
pub use event::EVENTS;
pub use webhook::Webhook;
