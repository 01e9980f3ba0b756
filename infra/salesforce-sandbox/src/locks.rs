//! Row locks: a write holds the rows it touches until its response is sent; another write that needs one of them waits.
//!
//! A transaction runs to completion under the state's mutex. If it needs a row that another one holds, it is rolled
//! back and retried when the rows are free. After `lock_wait_ms` it runs a last time, and records whose rows are held
//! are refused.
//!
//! Which rows a Task locks: <https://help.salesforce.com/s/articleView?id=005226737> and the Record Locking Cheatsheet.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    Org, api,
    call::{ApiResponse, Call},
    control::record_faults::RecordFault,
    error::ApiError,
    schema::Object,
    state::State,
    tables::Fields,
    write::TriggerLimits,
};

/// Interval at which a waiting transaction checks whether its rows are free.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Ids of rows.
type Rows = BTreeSet<String>;

/// The held rows, and the rows of the running transaction.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    held: Rows,
    /// Rows that the running transaction has locked.
    taken: Rows,
    /// Rows that the running transaction needs and another one holds.
    contended: Rows,
    /// Whether the wait is over, so that a held row refuses its record.
    timed_out: bool,
}

/// Guard of row locks: releases them when it is dropped.
#[derive(Debug)]
pub(crate) struct HeldLocks {
    org: Org,
    rows: Rows,
}

impl Drop for HeldLocks {
    fn drop(&mut self) {
        let mut state = self.org.lock();
        state.locks.held.retain(|row| !self.rows.contains(row));
    }
}

/// Locks rows for the running transaction.
///
/// # Errors
/// `UNABLE_TO_LOCK_ROW` when another transaction holds a row and the wait has timed out.
pub(crate) fn take(state: &mut State, rows: impl IntoIterator<Item = String>) -> Result<(), ApiError> {
    let rows: Rows = rows.into_iter().collect();
    let locks = &mut state.locks;
    let busy: Rows = rows.intersection(&locks.held).cloned().collect();
    if busy.is_empty() {
        locks.taken.extend(rows);
        return Ok(());
    }
    if locks.timed_out {
        let ids = busy.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let message = format!("unable to obtain exclusive access to this record or {} records: {ids}", busy.len());
        return Err(ApiError::record("UNABLE_TO_LOCK_ROW", message, &[]));
    }
    locks.contended.extend(busy);
    Ok(())
}

/// The rows that inserting a record locks: itself, and its parents.
pub(crate) fn rows_of_insert(object: &Object, id: &str, fields: &Fields) -> Vec<String> {
    let parents: &[&str] = match object.name {
        "Task" => return [vec![id.to_owned()], rows_of_inserted_task(fields)].concat(),
        "Contact" | "Opportunity" => &["AccountId"],
        "Case" => &["ContactId", "AccountId"],
        _ => &[],
    };
    [vec![id.to_owned()], values(fields, parents)].concat()
}

/// The parents, "only if the status of the task is not Completed and the activity date is set".
fn rows_of_inserted_task(fields: &Fields) -> Vec<String> {
    let closed = fields.get("IsClosed") == Some(&Value::Bool(true));
    let dated = fields.get("ActivityDate").is_some_and(|date| !date.is_null());
    if dated && !closed { values(fields, TASK_PARENTS) } else { Vec::new() }
}

/// The rows that updating or deleting a record locks: itself, and the parents of any Task.
pub(crate) fn rows_of_change(object: &Object, id: &str, fields: &Fields) -> Vec<String> {
    let parents = if object.name == "Task" { TASK_PARENTS } else { &[] };
    [vec![id.to_owned()], values(fields, parents)].concat()
}

const TASK_PARENTS: &[&str] = &["WhoId", "WhatId", "AccountId"];

fn values(fields: &Fields, names: &[&str]) -> Vec<String> {
    names.iter().filter_map(|name| fields.get(*name)?.as_str()).map(ToOwned::to_owned).collect()
}

/// Runs a call as one transaction, and keeps its locks for `write_ms`, for the time that its queries take, and until
/// [`HeldLocks`] is dropped.
pub(crate) async fn transact(org: &Org, mut call: Call) -> (ApiResponse, Arc<HeldLocks>) {
    let arrived = Instant::now();
    loop {
        call.now = Timestamp::now();
        match attempt(org, &call, arrived) {
            Ok((answer, held, time)) => {
                tokio::time::sleep(time).await;
                return (answer, Arc::new(held));
            }
            Err(rows) => wait_until_free(org, &rows, arrived).await,
        }
    }
}

/// Runs the call: its response, its row locks and how long it takes; or, rolled back, the rows it has to wait for.
fn attempt(org: &Org, call: &Call, arrived: Instant) -> Result<(ApiResponse, HeldLocks, Duration), Rows> {
    let mut state = org.lock();
    let (held, timed_out) = (std::mem::take(&mut state.locks.held), has_timed_out(&state, arrived));
    state.locks = Locks { held, timed_out, ..Locks::default() };
    state.trigger_limits = TriggerLimits::default();
    let record_faults = state.record_faults.clone();
    let answer = loop {
        state.query_ms = 0;
        let answer = api::handle(&mut state, call);
        let limit = state.options.max_records_per_write;
        if !state.trigger_limits.must_rerun(limit) {
            break answer;
        }
        undo(&mut state, record_faults.clone());
    };
    if !state.locks.contended.is_empty() {
        return Err(undo(&mut state, record_faults));
    }
    state.tables.commit();
    let rows = std::mem::take(&mut state.locks.taken);
    let write_ms = if rows.is_empty() { 0 } else { state.options.write_ms };
    let time = Duration::from_millis(write_ms.saturating_add(state.query_ms));
    state.locks.held.extend(rows.iter().cloned());
    Ok((answer, HeldLocks { org: org.clone(), rows }, time))
}

/// Rolls back the running transaction, and returns the rows that it would have to wait for.
fn undo(state: &mut State, record_faults: Vec<RecordFault>) -> Rows {
    state.tables.rollback(0);
    state.record_faults = record_faults;
    state.locks.taken.clear();
    std::mem::take(&mut state.locks.contended)
}

fn has_timed_out(state: &State, arrived: Instant) -> bool {
    arrived.elapsed() >= Duration::from_millis(state.options.lock_wait_ms)
}

async fn wait_until_free(org: &Org, rows: &Rows, arrived: Instant) {
    loop {
        tokio::time::sleep(POLL_INTERVAL).await;
        let state = org.lock_untracked();
        if rows.is_disjoint(&state.locks.held) || has_timed_out(&state, arrived) {
            return;
        }
    }
}
