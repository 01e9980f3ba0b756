//! What the functions remember: DynamoDB's tables and Secrets Manager's secrets.
//!
//! One module for each table and one for the secrets. Each store is a client and a table's name,
//! and answers with an [`Error`] that says what the caller can do.
//! Items are maps with an attribute for each fact, so that a person can read them in the AWS console.
//! Instants are UNIX seconds.

mod batch;
pub mod calls;
mod cursor;
mod entry;
mod error;
mod expression;
mod item;
mod lease;
pub mod phones;
mod seconds;
pub mod secrets;
pub mod settings;
mod settle;
mod tenant;
pub mod tenants;
#[cfg(any(test, feature = "test-tables"))]
pub mod test_tables;
#[cfg(test)]
mod tests;
mod token_hash;

pub use calls::{Calls, Merge, MergeError, Overdue, OverduePosition, Page};
pub use cursor::{Cursor, NotACursor};
pub use entry::{Entry, Problem, Related, State, Written};
pub use error::{Corrupt, Error};
pub use lease::{Acquired, LeaseOf};
pub use phones::{Phones, Remembered};
pub use secrets::{App, AppSecret, SalesforceTokens, Tokens};
pub use settings::{PutError, SettingsStore};
pub use settle::{Outcome, Settled};
pub use tenant::{ApiUsage, Connection, ConnectionState, Known, NotATenantId, OrgFacts, Tenant, TenantId};
pub use tenants::Tenants;
pub use token_hash::TokenHash;
