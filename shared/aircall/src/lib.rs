//! Aircall's wire: the webhook bodies, and what they mean to the [`rules`].
//!
//! Only this crate spells Aircall's JSON. It reads leniently: unknown fields and events pass, every field but the
//! ids may be missing, null or an empty object, because bodies differ between events, API versions and years.

mod call;
mod error;
mod event;
mod lenient;
pub mod webhook;

pub use error::WebhookError;
pub use webhook::Webhook;
