//! Persistent state of the functions: DynamoDB tables and Secrets Manager secrets.
//!
//! Each store holds a client and a table name, or a prefix for secret names. Its [`Error`] says what the caller can do.
//! Four stores share the console's table: [`SignIns`], [`EndedSessions`], [`History`] and [`ApiTokens`].
//! Items have one attribute per fact, so that a person can read them in the AWS console.
//! Instants are UNIX seconds.

mod activity;
mod aircall;
mod aircall_credentials;
mod api_token;
mod api_tokens;
mod batch;
pub mod calls;
mod connect;
mod cursor;
mod ended_sessions;
mod entry;
mod error;
mod expression;
mod history;
mod index;
mod item;
mod lease;
mod make_due;
mod message_aggregate;
mod org_id;
mod outcomes;
pub mod phones;
mod random;
mod record_outcome;
pub mod secrets;
pub mod settings;
mod sign_ins;
mod tenant;
pub mod tenants;
#[cfg(any(test, feature = "test-tables"))]
pub mod test_tables;
#[cfg(test)]
mod tests;
mod token_hash;
mod transaction;
mod ttl_cache;
mod unix_seconds;

pub use activity::{ActivityQuery, Page};
pub use aircall::{AircallAuth, AircallConnection, AircallState};
pub use aircall_credentials::{AircallCredential, AircallCredentials};
pub use api_token::{ApiToken, FoundToken};
pub use api_tokens::{ApiTokens, CreateTokenError};
pub use calls::{Calls, Merge, MergeError, Overdue, OverduePosition};
pub use cursor::{Cursor, InvalidCursor};
pub use ended_sessions::EndedSessions;
pub use entry::{Entry, Problem, Related, State, Written};
pub use error::{Corrupt, Error};
pub use history::{History, MadeFrom, SettingsVersion};
pub use lease::{Acquired, LeaseKind};
pub use message_aggregate::{MessageAggregate, Routes};
pub use outcomes::{DailyOutcomes, DayOutcomes, FailedCount, FailedKeys};
pub use phones::{PhoneMatch, Phones};
pub use record_outcome::{Outcome, Recorded};
pub use secrets::{App, AppSecret, SalesforceTokens, Tokens};
pub use settings::{PutError, SettingsStore};
pub use sign_ins::{Attempt, SignIns};
pub use tenant::{ApiUsage, Connection, ConnectionState, InvalidTenantId, Known, OrgFacts, Tenant, TenantId};
pub use tenants::Tenants;
pub use token_hash::TokenHash;
pub use ttl_cache::TtlCache;
