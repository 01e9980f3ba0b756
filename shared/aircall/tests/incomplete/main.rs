//! Bodies of calls that leave things out, or have them in another form: an id and some time suffice.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bodies;
mod examples;
mod generated;
mod hostile;
