//! Salesforce's API: OAuth, search, query, composite writes and error kinds.
//!
//! No other crate knows Salesforce's JSON, and this crate decides nothing about calls.
//!
//! | to do this | use |
//! |---|---|
//! | find records by phone number | [`Sosl::phones`], then [`Client::search`] |
//! | query records | a builder of [`Soql`], then [`Client::query`], or [`Subrequest::query`] to share an API call |
//! | write up to 200 records, each succeeding or failing on its own | [`Client::create`], [`Client::update`] |
//! | write a few records that reference each other | [`Client::composite`], or [`Client::graph`] for many such bundles |
//! | know what an error asks for | [`Error::kind`] |
//! | let an admin sign in | [`oauth::authorize_url`], then [`oauth::exchange`] and [`oauth::verify`] |
//! | renew an access token | [`oauth::refresh`] |
//! | check what an org lacks, and set it up | [`check_org`], [`set_up`] |
//!
//! Errors display Salesforce's own words, which may quote customer data: show them to an admin, but log only the
//! [`ErrorCode`].

// The tests share properties with the fuzz targets, which know the crate by its name.
#[cfg(test)]
extern crate self as salesforce;

mod access;
mod account_type;
pub mod call_log;
mod client;
mod collections;
mod composite;
mod describe;
mod error;
mod error_code;
mod graph;
mod limits;
pub mod oauth;
mod org_check;
mod org_lists;
mod parse;
mod records;
mod refusal;
mod set_up;
mod soql;
#[cfg(test)]
mod tests;
mod transport;
mod updates;
mod words;

pub use access::{LEAST_ACCESS, Need};
pub use client::{ApiVersion, Client, Reply};
pub use collections::{AssignmentRules, Atomicity, MAX_RECORDS, Saved};
pub use composite::{MAX_QUERIES, MAX_SUBREQUESTS, SubResult, Subrequest};
pub use describe::{Description, FieldDescription, PicklistValue, RecordTypeInfo};
pub use error::Error;
pub use error_code::{ErrorCode, Kind};
pub use graph::{Graph, GraphResult, MAX_GRAPHS, MAX_NODES};
pub use limits::ApiUsage;
pub use org_check::essentials::{Essentials, essentials};
pub use org_check::{CheckItem, CheckStatus, InspectedOrg, OrgCheck, UserPermissions, inspect_org};
pub use org_lists::org_lists;
pub use records::{Page, Record, SObject};
pub use refusal::{DuplicateRule, Fault, Refusal};
pub use rules::SalesforceId;
pub use set_up::{SetUpOutcome, SetUpStep, set_up};
pub use soql::{CallerFields, KeyField, NotDigits, PhoneTerm, Soql, Sosl};
pub use transport::Transport;
pub use updates::Update;
