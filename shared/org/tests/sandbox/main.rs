//! An org as its tenant's functions see it: the sandbox for Salesforce, tables in memory, and a Secrets Manager that
//! holds one tenant's tokens.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod checks;
mod fixture;
mod previews;
