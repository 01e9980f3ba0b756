//! The writer of one environment: what every drain works with.

use lambda::queue::{Bell, Later};
use store::{Calls, Phones, SettingsStore, Tenants};

use crate::org::Doors;
use crate::owners::Owners;

/// Everything a drain works with.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) calls: Calls,
    pub(crate) phones: Phones,
    pub(crate) settings: SettingsStore,
    pub(crate) tenants: Tenants,
    pub(crate) doors: Doors,
    pub(crate) bell: Bell,
    pub(crate) later: Later,
    pub(crate) owners: Owners,
}
