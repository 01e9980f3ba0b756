//! `cargo run -- demo`: a working day of calls and messages, played through the webhook.
//!
//! It doubles as a check: the day's data says what is to become of each call, and the demo fails if it did not.

mod api;
pub mod bodies;
mod org;
mod player;
mod printer;
mod report;
mod scenario;
mod tables;

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use jiff::Zoned;

use self::{
    api::{Api, Entry},
    printer::Printer,
    scenario::{Ending, Scenario},
};
use crate::Stack;

/// How long the last events may take.
const TIMEOUT: Duration = Duration::from_mins(1);
/// How long the day must stay as it should be, so that what comes late has come.
const STILL: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(100);

/// Plays the last working day and shows what became of it; with `once` that is all, else it says where to look.
///
/// # Errors
/// When a webhook is refused, or a call does not end as it should.
pub async fn run(stack: &Stack, once: bool) -> Result<()> {
    let printer = Printer::stdout();
    let api = Api::new(stack.info())?;
    let scenario = Scenario::on(scenario::last_working_day(Zoned::now().date()))?;
    scenario::seed(stack.salesforce())?;
    let api_calls = api.salesforce_api_calls().await?;

    println!("  {}", printer.bold(&scenario.date.strftime("%A, %-d %B %Y").to_string()));
    let delivered = player::play(&scenario, &api, &printer).await?;
    let activity = end_of_day(&scenario, stack, &api).await?;

    let of_day = |key: &str| scenario.scenes.iter().any(|scene| scene.interaction.key() == key);
    let tasks: Vec<_> = org::tasks(stack.salesforce()).into_iter().filter(|task| of_day(&task.key)).collect();
    let activity: Vec<_> = activity.into_iter().filter(|entry| of_day(&entry.key)).collect();
    tables::print_tasks(&tasks, &stack.info().salesforce_url, &printer);
    tables::print_not_logged(&activity, &printer);

    let (calls, skipped) = (scenario.scenes.len(), scenario.scenes.len() - tasks.len());
    let api_calls = api.salesforce_api_calls().await? - api_calls;
    println!(
        "\n\n  {} {calls} calls and messages in {delivered} webhooks: {} Tasks, one for each; {skipped} not logged; \
         {api_calls} Salesforce API calls.\n",
        printer.green("✓"),
        tasks.len()
    );
    if !once {
        where_to_look(stack, &scenario, &printer);
    }
    Ok(())
}

/// Waits until everything is as it should be, and stays so.
async fn end_of_day(scenario: &Scenario, stack: &Stack, api: &Api<'_>) -> Result<Vec<Entry>> {
    let deadline = Instant::now() + TIMEOUT;
    let mut since = None;
    loop {
        let activity = api.activity().await?;
        let waiting: Vec<&Entry> = activity.iter().filter(|entry| !entry.is_settled()).collect();
        let mismatches = report::mismatches(&scenario.scenes, stack.salesforce(), &activity);
        if waiting.is_empty() && mismatches.is_empty() {
            if since.get_or_insert_with(Instant::now).elapsed() >= STILL {
                return Ok(activity);
            }
        } else {
            since = None;
        }
        if Instant::now() > deadline && since.is_none() {
            let unsettled =
                waiting.iter().map(|entry| format!("{} is still {}: {}", entry.key, entry.state, entry.reason));
            let wrong: Vec<String> = unsettled.chain(mismatches).collect();
            bail!("the day did not end as it should: {}", wrong.join("; "));
        }
        tokio::time::sleep(POLL).await;
    }
}

fn where_to_look(stack: &Stack, scenario: &Scenario, printer: &Printer) {
    let info = stack.info();
    let logged = scenario.scenes.iter().find(|scene| matches!(scene.ending, Ending::Task(_)));
    let key = logged.map(|scene| scene.interaction.key()).unwrap_or_default();
    let activity = format!("curl -sb \"$COOKIE\" {}/api/activity", info.console_url);
    println!("  {}", printer.bold("Look around"));
    println!("  Records and their activities   {}", info.salesforce_url);
    println!("  An admin's session             COOKIE='{}'", info.session_cookie);
    println!("  Every call, newest first       {activity}");
    println!("  All that led to one decision   {activity}/{key}");
    println!("\n  Ctrl-C stops everything.\n");
}
