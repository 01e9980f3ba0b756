//! A tenant's Salesforce org, as the functions that talk to it share it.
//!
//! | to do this | use |
//! |---|---|
//! | talk to an org within a deadline, its API allowance and a session that renews itself | [`Org::open`] |
//! | learn what an org knows about the callers of some calls, without changing anything in it | [`Lookup::look_up`] |
//! | see which Tasks and records come of that | [`Plan::of`] |
//! | see what would be written of one call, without writing it | [`Lookup::preview`] |
//! | see what an org lacks, and mend it | [`Org::check`], [`Org::set_up`] |
//! | know why it cannot go on | [`Stop`] |
//!
//! The writer writes what is planned; the console shows it.

mod bundle;
mod check;
mod job;
mod lookup;
mod org;
mod owners;
mod plan;
mod preview;
mod questions;
mod session;
mod stop;

pub use bundle::Bundle;
pub use job::Job;
pub use lookup::{Hints, Knowledge, Lookup};
pub use org::Org;
pub use owners::{Owner, Owners};
pub use plan::{Draft, Plan, Users, without};
pub use preview::{Field, FieldValue, Place, Preview, RelatedPlace, Writes, is_open};
pub use session::{OrgConnector, PendingTokens, Session};
pub use stop::{Stop, Trouble};
