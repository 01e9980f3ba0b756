//! Plays the scenario: settings, then every call through the webhook, with a line for each.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;

use super::{
    api::{Api, Entry},
    printer::Printer,
    scenario::{Delivery, Happening, Scenario, Scene},
};

/// Between two webhooks. Aircall's are seconds apart; this is enough for some to overtake others.
const PAUSE: Duration = Duration::from_millis(10);
/// How often the activity log is asked.
const POLL: Duration = Duration::from_millis(40);
/// How long a call may take to be logged: a cold start, and a retry or two.
const TIMEOUT: Duration = Duration::from_secs(45);

/// Plays all of it; when it returns, every call was logged or skipped at least once.
pub(super) async fn play(scenario: &Scenario, api: &Api<'_>, printer: &Printer) -> Result<usize> {
    let mut delivered = 0;
    let mut line = "";
    for (at, happening) in scenario.timeline() {
        match happening {
            Happening::Change(change) => {
                api.put_settings(change.settings.clone()).await?;
                println!("\n  {}", printer.dim(&format!("Settings: {}.", change.what)));
                line = "";
            }
            Happening::Begin(scenes) => {
                for body in side_by_side(&scenes) {
                    api.deliver(body).await?;
                    delivered += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                for scene in scenes {
                    let entry = settled(api, &scene.interaction.key()).await?;
                    announce(scene, &mut line, printer);
                    println!("{}", printer.cut(&told(scene, &entry)));
                }
            }
            Happening::Afterthought(scene, body) => {
                announce(scene, &mut line, printer);
                println!("{}", printer.dim(&printer.cut(&told_late(scene, at, &body))));
                api.deliver(body).await?;
                delivered += 1;
            }
        }
    }
    Ok(delivered)
}

/// The webhooks of calls that begin at the same moment, one of each in turn.
fn side_by_side(scenes: &[&Scene]) -> Vec<Value> {
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

async fn settled(api: &Api<'_>, key: &str) -> Result<Entry> {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let entry = api.entry(key).await?;
        match entry {
            Some(entry) if entry.is_settled() => return Ok(entry),
            entry if Instant::now() > deadline => {
                let seconds = TIMEOUT.as_secs();
                let Some(entry) = entry else { bail!("{key} is not in the activity log after {seconds} s") };
                bail!("{key} is still {} after {seconds} s: {}", entry.state, entry.reason);
            }
            _ => tokio::time::sleep(POLL).await,
        }
    }
}

/// Says which line's calls follow, when it is another one than before.
fn announce<'a>(scene: &'a Scene, line: &mut &'a str, printer: &Printer) {
    let this = scene.interaction.line();
    if *line != this.name() {
        println!("\n  {} {}", printer.bold(this.name()), printer.dim(this.time_zone()));
        *line = this.name();
    }
}

/// `09:04  inbound answered     +33 6 39 98 12 34  → Contact Camille Moreau, Completed`.
fn told(scene: &Scene, entry: &Entry) -> String {
    let call_type = type_of(entry);
    let outcome = match (&entry.record, &entry.status) {
        (Some(record), Some(status)) => format!("{} {}, {}", kind(&record.kind), record.name, status_in_words(status)),
        _ => format!("not logged: {}", in_short(&entry.reason)),
    };
    let how = match scene.delivery {
        Delivery::InOrder => "",
        Delivery::Backwards => " · webhooks reversed",
        Delivery::FiveTimesEach => " · webhooks ×5",
    };
    let time = clock(scene, scene.interaction.started_at());
    format!("  {time}  {call_type:<19}  {:<17}  → {outcome}{how}", scene.interaction.other_party())
}

/// `09:47  40 min later: tagged "Technician booked"`.
fn told_late(scene: &Scene, at: Timestamp, body: &Value) -> String {
    let minutes = at.duration_since(scene.interaction.ended_at()).as_mins();
    let last = |list: &str, key: &str| {
        let list = body["data"][list].as_array();
        list.and_then(|list| list.last()).and_then(|note| note[key].as_str()).unwrap_or_default().to_owned()
    };
    let what = match body["event"].as_str() {
        Some("call.tagged") => format!("a tag, “{}”", last("tags", "name")),
        Some("call.commented") => format!("a comment, “{}”", last("comments", "content")),
        Some("message.status_updated") => format!("it was {}", body["data"]["status"].as_str().unwrap_or_default()),
        other => other.unwrap_or_default().to_owned(),
    };
    let begun = clock(scene, scene.interaction.started_at());
    format!("  {}  {minutes} min after {begun}: {what}", clock(scene, at))
}

/// The time of day on the line's clock.
fn clock(scene: &Scene, at: Timestamp) -> String {
    let zone = TimeZone::get(scene.interaction.line().time_zone()).unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).strftime("%H:%M").to_string()
}

/// The call type in words, or what it is instead of a call.
pub(super) fn type_of(entry: &Entry) -> String {
    words(entry.call_type.as_deref().unwrap_or(&entry.kind))
}

/// `inbound_answered` as `inbound answered`.
fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// A record's kind as Salesforce spells it.
fn kind(name: &str) -> &str {
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

/// The first part of a sentence, to go on with; the table has the whole of it.
fn in_short(sentence: &str) -> String {
    let part = sentence.split([',', '.']).next().unwrap_or_default();
    let mut chars = part.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
