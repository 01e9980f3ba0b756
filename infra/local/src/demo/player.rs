//! Plays the scenario: saves the settings, delivers the webhooks, and prints a line for each call and message.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;

use super::{
    api::{Api, Entry},
    printer::Printer,
    scenario::{Delivery, Scenario, Scene, Step},
};

/// Pause between two webhooks. Aircall's are seconds apart; with this pause some overtake others.
const PAUSE: Duration = Duration::from_millis(10);
/// Polling interval of the activity log.
const POLL: Duration = Duration::from_millis(40);
/// Timeout for an entry to become terminal, which allows for a cold start and a retry or two.
const TIMEOUT: Duration = Duration::from_secs(45);

/// Plays all steps and returns the number of delivered webhooks. Each call was logged or skipped at least once by then.
pub(super) async fn play(scenario: &Scenario, api: &Api<'_>, printer: &Printer) -> Result<usize> {
    let mut delivered = 0;
    let mut line = "";
    for (at, step) in scenario.timeline() {
        match step {
            Step::Change(change) => {
                api.put_settings(change.settings.clone()).await?;
                println!("\n  {}", printer.dim(&format!("Settings: {}.", change.what)));
                line = "";
            }
            Step::Begin(scenes) => {
                for body in interleaved(&scenes) {
                    api.deliver(body).await?;
                    delivered += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                for scene in scenes {
                    let entry = wait_until_terminal(api, &scene.interaction.key()).await?;
                    print_line_heading(scene, &mut line, printer);
                    println!("{}", printer.truncate(&summary(scene, &entry)));
                }
            }
            Step::LateEvent(scene, body) => {
                print_line_heading(scene, &mut line, printer);
                println!("{}", printer.dim(&printer.truncate(&late_summary(scene, at, &body))));
                api.deliver(body).await?;
                delivered += 1;
            }
        }
    }
    Ok(delivered)
}

/// The webhooks of calls that begin at the same time, one of each in turn.
fn interleaved(scenes: &[&Scene]) -> Vec<Value> {
    let mut queues: Vec<_> = scenes.iter().map(|scene| scene.webhooks().into_iter()).collect();
    let mut bodies = Vec::new();
    loop {
        let before = bodies.len();
        bodies.extend(queues.iter_mut().filter_map(Iterator::next));
        if bodies.len() == before {
            return bodies;
        }
    }
}

async fn wait_until_terminal(api: &Api<'_>, key: &str) -> Result<Entry> {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let entry = api.entry(key).await?;
        match entry {
            Some(entry) if entry.is_terminal() => return Ok(entry),
            entry if Instant::now() > deadline => {
                let seconds = TIMEOUT.as_secs();
                let Some(entry) = entry else { bail!("{key} is not in the activity log after {seconds} s") };
                bail!("{key} is still {} after {seconds} s: {}", entry.state, entry.reason);
            }
            _ => tokio::time::sleep(POLL).await,
        }
    }
}

/// Prints a heading if the line is not the one of the step before.
fn print_line_heading<'a>(scene: &'a Scene, line: &mut &'a str, printer: &Printer) {
    let current = scene.interaction.line();
    if *line != current.name() {
        println!("\n  {} {}", printer.bold(current.name()), printer.dim(current.time_zone()));
        *line = current.name();
    }
}

/// `09:04  inbound answered     +33 6 39 98 12 34  → Contact Camille Moreau, Completed`.
fn summary(scene: &Scene, entry: &Entry) -> String {
    let call_type = type_of(entry);
    let outcome = match (&entry.record, &entry.status) {
        (Some(record), Some(status)) => {
            format!("{} {}, {}", event_label(&record.kind), record.name, status_in_words(status))
        }
        _ => format!("not logged: {}", first_clause(&entry.reason)),
    };
    let how = match scene.delivery {
        Delivery::InOrder => "",
        Delivery::Backwards => " · webhooks reversed",
        Delivery::FiveTimesEach => " · webhooks ×5",
    };
    let time = clock(scene, scene.interaction.started_at());
    format!("  {time}  {call_type:<19}  {:<17}  → {outcome}{how}", scene.interaction.other_party())
}

/// `09:47  40 min after the end of 09:04: tag added, “Technician booked”`.
fn late_summary(scene: &Scene, at: Timestamp, body: &Value) -> String {
    let minutes = at.duration_since(scene.interaction.ended_at()).as_mins();
    let last = |list: &str, key: &str| {
        let list = body["data"][list].as_array();
        list.and_then(|list| list.last()).and_then(|note| note[key].as_str()).unwrap_or_default().to_owned()
    };
    let what = match body["event"].as_str() {
        Some("call.tagged") => format!("tag added, “{}”", last("tags", "name")),
        Some("call.commented") => format!("comment added, “{}”", last("comments", "content")),
        Some("message.status_updated") => format!("status {}", body["data"]["status"].as_str().unwrap_or_default()),
        other => other.unwrap_or_default().to_owned(),
    };
    let begun = clock(scene, scene.interaction.started_at());
    format!("  {}  {minutes} min after the end of {begun}: {what}", clock(scene, at))
}

/// The time of day in the line's time zone.
fn clock(scene: &Scene, at: Timestamp) -> String {
    let zone = TimeZone::get(scene.interaction.line().time_zone()).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).strftime("%H:%M").to_string()
}

/// The call type in words, or the kind of an entry that is not a call.
pub(super) fn type_of(entry: &Entry) -> String {
    words(entry.call_type.as_deref().unwrap_or(&entry.kind))
}

/// `inbound_answered` as `inbound answered`.
fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// A record's kind as Salesforce spells it.
fn event_label(name: &str) -> &str {
    match name {
        "contact" => "Contact",
        "lead" => "Lead",
        "account" => "Account",
        "person_account" => "Person Account",
        other => other,
    }
}

fn status_in_words(status: &str) -> &str {
    match status {
        "completed" => "Completed",
        "in_progress" => "In Progress",
        other => other,
    }
}

/// The first clause of a sentence, in lower case; the table shows the whole sentence.
fn first_clause(sentence: &str) -> String {
    let part = sentence.split([',', '.']).next().unwrap_or_default();
    let mut chars = part.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
