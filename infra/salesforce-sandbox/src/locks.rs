//! Row locks: a write holds the rows it touches until it answers, and another write that needs one of them waits.
//!
//! A transaction runs to its end under the state's mutex. If it met a row that another one holds, it is undone, and
//! runs again when the rows are free. After `lock_wait_ms` it runs a last time, and held rows refuse their records.
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
    error::ApiError,
    schema::Object,
    state::State,
    tables::Fields,
};

/// How often a waiting transaction looks whether its rows are free.
const LOOK: Duration = Duration::from_millis(5);

/// Ids of rows.
type Rows = BTreeSet<String>;

/// The rows that are held, and what the transaction that runs now has come across.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    held: Rows,
    taken: Rows,
    met: Rows,
    /// Whether a held row refuses its record at once.
    refusing: bool,
}

/// Rows that are held until this is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    org: Org,
    rows: Rows,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.org.lock();
        state.locks.held.retain(|row| !self.rows.contains(row));
    }
}

/// Locks rows for the running transaction.
///
/// # Errors
/// `UNABLE_TO_LOCK_ROW` when another one holds a row and the time to wait is over.
pub(crate) fn take(state: &mut State, rows: impl IntoIterator<Item = String>) -> Result<(), ApiError> {
    let rows: Rows = rows.into_iter().collect();
    let locks = &mut state.locks;
    let busy: Rows = rows.intersection(&locks.held).cloned().collect();
    if busy.is_empty() {
        locks.taken.extend(rows);
        return Ok(());
    }
    if locks.refusing {
        let ids = busy.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let message = format!("unable to obtain exclusive access to this record or {} records: {ids}", busy.len());
        return Err(ApiError::record("UNABLE_TO_LOCK_ROW", message, &[]));
    }
    locks.met.extend(busy);
    Ok(())
}

/// The rows that inserting a record locks: itself, and its parents.
pub(crate) fn of_insert(object: &Object, id: &str, fields: &Fields) -> Vec<String> {
    let parents: &[&str] = match object.name {
        "Task" => return [vec![id.to_owned()], of_inserted_task(fields)].concat(),
        "Contact" | "Opportunity" => &["AccountId"],
        "Case" => &["ContactId", "AccountId"],
        _ => &[],
    };
    [vec![id.to_owned()], values(fields, parents)].concat()
}

/// "Only if the status of the task is not Completed and the activity date is set."
fn of_inserted_task(fields: &Fields) -> Vec<String> {
    let closed = fields.get("IsClosed") == Some(&Value::Bool(true));
    let dated = fields.get("ActivityDate").is_some_and(|date| !date.is_null());
    if dated && !closed { values(fields, TASK_PARENTS) } else { Vec::new() }
}

/// The rows that updating or deleting a record locks: itself, and the parents of a Task whatever it says.
pub(crate) fn of_change(object: &Object, id: &str, fields: &Fields) -> Vec<String> {
    let parents = if object.name == "Task" { TASK_PARENTS } else { &[] };
    [vec![id.to_owned()], values(fields, parents)].concat()
}

const TASK_PARENTS: &[&str] = &["WhoId", "WhatId", "AccountId"];

fn values(fields: &Fields, names: &[&str]) -> Vec<String> {
    names.iter().filter_map(|name| fields.get(*name)?.as_str()).map(ToOwned::to_owned).collect()
}

/// Answers a call as one transaction, and keeps its locks for `write_ms` and until [`Held`] is dropped.
pub(crate) async fn transact(org: &Org, mut call: Call) -> (ApiResponse, Arc<Held>) {
    let arrived = Instant::now();
    loop {
        call.now = Timestamp::now();
        match attempt(org, &call, arrived) {
            Ok((answer, held, time)) => {
                tokio::time::sleep(time).await;
                return (answer, Arc::new(held));
            }
            Err(rows) => until_free(org, &rows, arrived).await,
        }
    }
}

/// The answer, the rows it holds and for how long; or the rows it would have to wait for, nothing having happened.
fn attempt(org: &Org, call: &Call, arrived: Instant) -> Result<(ApiResponse, Held, Duration), Rows> {
    let mut state = org.lock();
    let (held, refusing) = (std::mem::take(&mut state.locks.held), waited(&state, arrived));
    state.locks = Locks { held, refusing, ..Locks::default() };
    let record_faults = state.record_faults.clone();
    let answer = api::answer(&mut state, call);
    let met = std::mem::take(&mut state.locks.met);
    if !met.is_empty() {
        state.tables.rollback(0);
        state.record_faults = record_faults;
        return Err(met);
    }
    state.tables.commit();
    let rows = std::mem::take(&mut state.locks.taken);
    let time = if rows.is_empty() { 0 } else { state.options.write_ms };
    state.locks.held.extend(rows.iter().cloned());
    Ok((answer, Held { org: org.clone(), rows }, Duration::from_millis(time)))
}

fn waited(state: &State, arrived: Instant) -> bool {
    arrived.elapsed() >= Duration::from_millis(state.options.lock_wait_ms)
}

async fn until_free(org: &Org, rows: &Rows, arrived: Instant) {
    loop {
        tokio::time::sleep(LOOK).await;
        let state = org.look();
        if rows.is_disjoint(&state.locks.held) || waited(&state, arrived) {
            return;
        }
    }
}
