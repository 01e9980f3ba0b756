//! Access to a tenant's Salesforce org, shared by the functions that need it.
//!
//! | to do this | use |
//! |---|---|
//! | talk to an org within a deadline, its API allowance and a session that renews itself | [`Org::open`] |
//! | look up the callers of some calls, without changing anything in the org | [`Lookup::look_up`] |
//! | plan the Tasks and records to write | [`Plan::new`] |
//! | preview what would be written for one call, without writing it | [`Lookup::preview`] |
//! | check what an org lacks, and set it up | [`Org::check`], [`Org::set_up`] |
//! | list what an admin may choose: users and values | [`Org::users`], [`Org::standard_users`], [`Org::lists`] |
//! | keep the state of the connection: paused, dead or working | [`connection`] |
//! | learn why the work cannot go on | [`Stop`] |
//!
//! The writer executes the plan; the console shows it.

pub mod backoff;
mod batch_error;
mod bundle;
mod check;
mod companies;
pub mod connection;
mod draft;
mod job;
mod lists;
mod lookup;
mod missing;
mod org;
mod owners;
mod pace;
mod plan;
mod preview;
mod queries;
mod records;
mod remembered;
mod search;
mod session;
mod users;

pub use batch_error::{BatchError, Reason};
pub use bundle::{Bundle, BundleAccount};
pub use companies::Companies;
pub use draft::{Draft, status_names, without};
pub use job::{Adjusted, InsteadOfAccount, Job, KeepsRecords};
pub use lookup::{Hints, Knowledge, Lookup, callers_of};
pub use missing::{InvalidMissing, Missing};
pub use org::Org;
pub use owners::{MatchedBy, Owner, Owners, UserKey};
pub use pace::Pace;
pub use plan::{Plan, Users};
pub use preview::{Field, FieldValue, Place, Preview, RelatedPlace, Writes};
pub use remembered::{Matched, Remember};
pub use session::{OrgConnector, PendingTokens, Session};
pub use users::{OrgUser, OrgUsers};
