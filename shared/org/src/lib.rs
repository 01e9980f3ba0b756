//! A tenant's Salesforce org, as the functions that talk to it share it.
//!
//! | to do this | use |
//! |---|---|
//! | talk to an org within a deadline, its API allowance and a session that renews itself | [`Org::open`] |
//! | learn what an org knows about the callers of some calls, without changing anything in it | [`Lookup::look_up`] |
//! | see which Tasks and records come of that | [`Plan::of`] |
//! | know why it cannot go on | [`Stop`] |
//!
//! The writer writes what is planned; the console shows it.

mod job;
mod lookup;
mod org;
mod owners;
mod plan;
mod questions;
mod session;
mod stop;

pub use job::Job;
pub use lookup::{Hints, Knowledge, Lookup};
pub use org::Org;
pub use owners::{Owner, Owners};
pub use plan::{Bundle, Draft, Plan, Users, without};
pub use session::{Doors, Session, Unstored};
pub use stop::{Stop, Trouble};
