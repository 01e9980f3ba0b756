//! Triggers that are not bulk-safe: a request that writes too many records of an object exceeds a governor limit.
//!
//! Governor limits are not reset between the batches of an API call, so a request counts as one transaction.
//! <https://help.salesforce.com/s/articleView?id=000003793>

use std::collections::{BTreeMap, BTreeSet};

use crate::{error::ApiError, schema::Object, state::State};

/// How many records the running request writes, and the objects of which it writes too many.
#[derive(Debug, Default)]
pub(crate) struct TriggerLimits {
    written: BTreeMap<&'static str, usize>,
    exceeded: BTreeSet<&'static str>,
}

impl TriggerLimits {
    /// Ends an attempt at the request: whether it wrote more than `limit` records of another object, so that it has to
    /// run again to refuse all of them. A limit of 0 is none.
    pub(crate) fn must_rerun(&mut self, limit: usize) -> bool {
        let before = self.exceeded.len();
        let written = std::mem::take(&mut self.written);
        self.exceeded
            .extend(written.into_iter().filter(|(_, count)| limit > 0 && *count > limit).map(|(name, _)| name));
        self.exceeded.len() > before
    }
}

/// Runs the triggers of an object on a record that is written.
pub(super) fn fire(state: &mut State, object: &'static Object) -> Result<(), ApiError> {
    let TriggerLimits { written, exceeded } = &mut state.trigger_limits;
    if exceeded.contains(object.name) {
        let message = format!("{}Trigger: System.LimitException: Too many SOQL queries: 101", object.name);
        return Err(ApiError::record("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message, &[]));
    }
    *written.entry(object.name).or_default() += 1;
    Ok(())
}
