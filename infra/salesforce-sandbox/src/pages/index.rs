//! `GET /`: the records, with the number of activities of each.

use std::{collections::HashMap, fmt::Write};

use axum::{extract::State, response::Html};
use sandbox_kit::html::escape;

use super::html::page;
use crate::{Org, schema, state, tables::Record};

/// Objects with a timeline, their plural labels, and the fields shown beside the name.
const SHOWN: &[(&str, &str, &[&str])] = &[
    ("Contact", "Contacts", &["Phone", "MobilePhone", "Email"]),
    ("Lead", "Leads", &["Company", "Phone", "MobilePhone"]),
    ("Account", "Accounts", &["Phone", "PersonMobilePhone"]),
    ("Case", "Cases", &["CaseNumber", "Status"]),
    ("Opportunity", "Opportunities", &["StageName", "CloseDate"]),
];

pub(super) async fn index(State(org): State<Org>) -> Html<String> {
    let state = org.lock();
    let activities = count_activities(&state);
    let mut body = "<h1>Sandbox org</h1>".to_owned();
    let unrelated = activities.get("").copied().unwrap_or_default();
    let _ = write!(body, "<p class=\"soft\">{unrelated} activities are related to no record.</p>");
    for (name, plural, fields) in SHOWN {
        section(&mut body, &state, &activities, (name, plural, fields));
    }
    page("Records", &body)
}

/// The number of activities by related record; under "" those without one.
fn count_activities(state: &state::State) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    let activities = ["Task", "Event"].into_iter().filter_map(schema::object);
    for activity in activities.flat_map(|object| state.tables.rows(object)) {
        if activity.flag("IsDeleted") {
            continue;
        }
        let mut about: Vec<&str> =
            ["WhoId", "WhatId", "AccountId"].iter().filter_map(|name| activity.text(name)).collect();
        about.dedup();
        for id in if about.is_empty() { vec![""] } else { about } {
            *counts.entry(id.to_owned()).or_default() += 1;
        }
    }
    counts
}

fn section(
    body: &mut String,
    state: &state::State,
    activities: &HashMap<String, usize>,
    (name, plural, fields): (&str, &str, &[&str]),
) {
    let Some(object) = schema::object(name) else { return };
    let listed = |record: &&Record| !record.flag("IsDeleted") && (name != "Contact" || !record.flag("IsPersonAccount"));
    let rows: Vec<&Record> = state.tables.rows(object).iter().filter(listed).collect();
    if rows.is_empty() {
        return;
    }
    let _ = write!(body, "<h2>{plural} <small>{}</small></h2><table><tr><th>Name<th>Details<th>Activities", rows.len());
    for record in rows {
        let details: Vec<String> = fields.iter().filter_map(|field| record.text(field)).map(escape).collect();
        // The activities of a Person Account are related to its hidden Contact.
        let ids = [record.text("Id"), record.text("PersonContactId")];
        let count: usize = ids.iter().flatten().filter_map(|id| activities.get(*id)).copied().max().unwrap_or_default();
        let title = escape(record.text("Name").or(record.text("Subject")).unwrap_or(record.id()));
        let _ = write!(
            body,
            "<tr><td><a href=\"/records/{}\">{title}</a><td>{}<td>{count}",
            escape(record.id()),
            details.join(" · ")
        );
    }
    body.push_str("</table>");
}
