//! `cargo run -- demo`: a working day of calls, played through the webhook.

use crate::Stack;

/// Plays the day; with `once` it ends when the day is done.
///
/// # Errors
/// When a call cannot be posted or does not end as it should.
#[expect(clippy::unused_async, reason = "the day is not written yet")]
pub async fn run(_stack: &Stack, _once: bool) -> anyhow::Result<()> {
    anyhow::bail!("the demo is not there yet")
}
