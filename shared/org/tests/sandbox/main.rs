//! Tests of the crate against the sandbox org, in-memory tables, and a stub of Secrets Manager with one tenant's
//! tokens.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod checks;
mod cut_off;
mod fixture;
mod previews;
