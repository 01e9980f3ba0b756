//! `GET /records/{id}`, and Lightning's own `/lightning/r/{sobject}/{id}/view`: a record's Activity timeline in
//! Lightning's layout; for a Task, the records it is related to.
//!
//! Open Tasks are listed as upcoming or overdue whatever their date; closed ones as past, by month, newest first.

use std::fmt::Write;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, civil::Date};
use sandbox_kit::html::escape;

use super::html::page;
use crate::{Org, id, schema, state, tables::Record, time};

pub(super) async fn record(State(org): State<Org>, Path(id): Path<String>) -> Response {
    let state = org.lock();
    let found = id::normalise(&id).and_then(|id| state.tables.find(&id));
    let Some((object, record)) = found else {
        return (StatusCode::NOT_FOUND, page("Not found", "<h1>No such record</h1>")).into_response();
    };
    let name = record.text("Name").or(record.text("Subject")).unwrap_or(record.id());
    let mut body = format!(
        "<p><a href=\"/\">All records</a></p><h1>{}</h1><p class=\"soft\">{} · {}</p>",
        escape(name),
        escape(object.label),
        escape(record.id())
    );
    let content = if object.name == "Task" { task(&state, record) } else { timeline(&state, record) };
    body.push_str(&content);
    page(name, &body).into_response()
}

/// Lightning's address of a record; the object's name in it is ignored.
pub(super) async fn view(org: State<Org>, Path((_, id)): Path<(String, String)>) -> Response {
    record(org, Path(id)).await
}

fn task(state: &state::State, task: &Record) -> String {
    let mut html = entry(state, task);
    for (label, field) in [("Name", "WhoId"), ("Related To", "WhatId")] {
        if let Some((_, parent)) = task.text(field).and_then(|id| state.tables.find(id)) {
            let name = parent.text("Name").or(parent.text("Subject")).unwrap_or(parent.id());
            let _ = write!(html, "<p>{label}: <a href=\"/records/{}\">{}</a></p>", parent.id(), escape(name));
        }
    }
    html
}

fn timeline(state: &state::State, record: &Record) -> String {
    let ids: Vec<&str> = [record.text("Id"), record.text("PersonContactId")].into_iter().flatten().collect();
    let about = |task: &&Record| {
        let parents = ["WhoId", "WhatId", "AccountId"].iter().filter_map(|name| task.text(name));
        !task.flag("IsDeleted") && parents.into_iter().any(|id| ids.contains(&id))
    };
    let tasks = schema::object("Task").map(|object| state.tables.rows(object)).unwrap_or_default();
    let (mut past, mut open): (Vec<&Record>, Vec<&Record>) =
        tasks.iter().filter(about).partition(|task| task.flag("IsClosed"));
    open.sort_by_key(|task| task.text("ActivityDate"));
    past.sort_by_key(|task| std::cmp::Reverse(sort_key(task)));
    let mut html = "<h2>Upcoming &amp; Overdue</h2>".to_owned();
    if open.is_empty() {
        html.push_str("<p class=\"soft\">Nothing to do.</p>");
    }
    for task in open {
        html.push_str(&entry(state, task));
    }
    html.push_str("<h2>Past Activities</h2>");
    if past.is_empty() {
        html.push_str("<p class=\"soft\">No past activity.</p>");
    }
    let mut month = String::new();
    for task in past {
        let task_month = month_of(task);
        if task_month != month {
            let _ = write!(html, "<h3>{}</h3>", escape(&task_month));
            month = task_month;
        }
        html.push_str(&entry(state, task));
    }
    html
}

/// The sort key of past Tasks: the due date, else the completion; then the creation, so that the calls of one day stay
/// in order.
fn sort_key(task: &Record) -> (String, String) {
    let date = task.text("ActivityDate").or(task.text("CompletedDateTime")).or(task.text("CreatedDate"));
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    (text(date), text(task.text("CreatedDate")))
}

fn month_of(task: &Record) -> String {
    let date = sort_key(task).0.get(..10).and_then(time::parse_date);
    date.map_or_else(|| "No date".to_owned(), |date: Date| date.strftime("%B %Y").to_string())
}

fn entry(state: &state::State, task: &Record) -> String {
    let owner = task.text("OwnerId").and_then(|id| state.tables.find(id)).and_then(|(_, user)| user.text("Name"));
    let date = task.text("ActivityDate").unwrap_or("no due date");
    let today = time::day(Timestamp::now(), 0).to_string();
    let overdue = !task.flag("IsClosed") && task.text("ActivityDate").is_some_and(|date| date < today.as_str());
    let mut html = format!(
        "<article><header><span>{}</span><span class=\"{}\">{}</span></header><small>{} · {}",
        escape(task.text("Subject").unwrap_or("(no subject)")),
        if overdue { "overdue" } else { "soft" },
        escape(date),
        escape(owner.unwrap_or("nobody")),
        escape(task.text("Status").unwrap_or_default()),
    );
    for (label, field) in [("", "CallType"), ("Call result: ", "CallDisposition")] {
        if let Some(text) = task.text(field) {
            let _ = write!(html, " · {label}{}", escape(text));
        }
    }
    html.push_str("</small>");
    if let Some(description) = task.text("Description") {
        let _ = write!(html, "<details><summary>Description</summary><pre>{}</pre></details>", escape(description));
    }
    html.push_str("</article>");
    html
}
