//! Persistent state of the functions: DynamoDB tables and Secrets Manager secrets.
//!
//! Each store holds a client and a table name, or a prefix for secret names. Its [`Error`] says what the caller can do.
//! Five stores share the console's table: [`SignIns`], [`ConsentLinks`], [`EndedSessions`], [`History`] and
//! [`ApiTokens`].
//! Items have one attribute per fact, so that a person can read them in the AWS console.
//! Instants are UNIX seconds.

mod calls;
mod console;
mod dynamodb;
mod error;
mod phones;
mod random;
mod schema;
pub mod secrets;
mod settings;
mod tenant_id;
mod tenants;
#[cfg(any(test, feature = "test-tables"))]
pub mod test_tables;
#[cfg(test)]
mod tests;
mod token_hash;
mod ttl_cache;

pub use calls::Calls;
pub use calls::activity::Page;
pub use calls::activity::query::ActivityQuery;
pub use calls::completeness::Completeness;
pub use calls::counts::{DailyOutcomes, DayOutcomes, FailedCount, FailedKeys};
pub use calls::cursor::{Cursor, InvalidCursor};
pub use calls::entry::{Entry, Problem, Related, Unconfirmed, Written};
pub use calls::merge::{Merge, MergeError};
pub use calls::message_aggregate::{MessageAggregate, Routes};
pub use calls::outcome::{Outcome, Recorded};
pub use calls::pending::{Overdue, OverdueEntry, OverduePosition, UNREADABLE_ENTRY, Unreadable};
pub use calls::state::State;
pub use console::api_token::{ApiToken, FoundToken};
pub use console::api_tokens::{ApiTokens, CreateTokenError};
pub use console::consent_links::{ConsentLink, ConsentLinks};
pub use console::ended_sessions::EndedSessions;
pub use console::sign_ins::{Attempt, Consent, SignIns};
pub use error::{Corrupt, Error};
pub use phones::{OurRecord, PendingCreate, PhoneMatch, Phones};
pub use secrets::SessionKeys;
pub use secrets::aircall_credentials::{AircallCredential, AircallCredentials};
pub use secrets::app::{App, AppSecret};
pub use secrets::salesforce_tokens::{SalesforceTokens, Tokens};
pub use settings::history::{HISTORY_LIMIT, History, MadeFrom, SettingsVersion};
pub use settings::{PutError, SettingsStore};
pub use tenant_id::{InvalidTenantId, TenantId};
pub use tenants::Tenants;
pub use tenants::aircall::{AircallAuth, AircallConnection, AircallState, AircallSubscription, CompanySigns};
pub use tenants::allowed_orgs::{ALLOWED_ORGS_KEY, AllowedOrgs, NotOrgs, OrgList};
pub use tenants::backfill::{Backfill, BackfillState, Comparison, LONGEST_CALL};
pub use tenants::choices::ChosenUsers;
pub use tenants::former_user::FormerUser;
pub use tenants::grant::{GRANT_IDLE, ORG_CHECK_AGE};
pub use tenants::lease::{Acquired, LeaseKind};
pub use tenants::org_facts::{Known, OrgFacts, WriteSize};
pub use tenants::predecessor::{Admins, Predecessor};
pub use tenants::salesforce::{ApiUsage, Connection, ConnectionState};
pub use tenants::scan::{TenantPage, TenantPosition};
pub use tenants::tenant::Tenant;
pub use tenants::webhook_check::{WEBHOOK_SILENT, WebhookProblem, WebhookRepair, checks_silent_webhooks};
pub use tenants::webhook_tokens::{REFUSAL_AGE, RetiredToken, TOKEN_GRACE};
pub use token_hash::TokenHash;
pub use ttl_cache::TtlCache;
