//! `cargo run -- demo`: plays a working day of calls and messages through the webhook.
//!
//! It is also a test: the scenario states the expected result of each call and message, and the demo fails if one
//! differs.

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
    scenario::{Outcome, Scenario},
};
use crate::Stack;

/// Timeout for the results of the last events.
const TIMEOUT: Duration = Duration::from_mins(1);
/// How long the results must stay as expected, so that late changes are noticed.
const STABLE_FOR: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(100);

/// Plays the last working day and prints the results; without `once` also where to look next.
///
/// # Errors
/// When a webhook is refused, or a result is not the expected one.
pub async fn run(stack: &Stack, once: bool) -> Result<()> {
    let printer = Printer::stdout();
    let api = Api::new(stack.info())?;
    let scenario = Scenario::on(scenario::last_working_day(Zoned::now().date()))?;
    scenario::seed(stack.salesforce())?;
    let api_calls = api.salesforce_api_calls().await?;

    println!("  {}", printer.bold(&scenario.date.strftime("%A, %-d %B %Y").to_string()));
    let delivered = player::play(&scenario, &api, &printer).await?;
    let activity = wait_for_results(&scenario, stack, &api).await?;

    let is_in_scenario = |key: &str| scenario.scenes.iter().any(|scene| scene.interaction.key() == key);
    let tasks: Vec<_> = org::tasks(stack.salesforce()).into_iter().filter(|task| is_in_scenario(&task.key)).collect();
    let activity: Vec<_> = activity.into_iter().filter(|entry| is_in_scenario(&entry.key)).collect();
    tables::print_tasks(&tasks, &stack.info().salesforce_url, &printer);
    tables::print_not_logged(&activity, &printer);

    let (calls, skipped) = (scenario.scenes.len(), scenario.scenes.len() - tasks.len());
    let api_calls = api.salesforce_api_calls().await? - api_calls;
    println!(
        "\n\n  {} {calls} calls and messages in {delivered} webhooks: {} logged with exactly one Task each, \
         {skipped} not logged, {api_calls} Salesforce API calls.\n",
        printer.green("✓"),
        tasks.len()
    );
    if !once {
        print_next_steps(stack, &scenario, &printer);
    }
    Ok(())
}

/// Waits until all results are as expected, and stay so.
async fn wait_for_results(scenario: &Scenario, stack: &Stack, api: &Api<'_>) -> Result<Vec<Entry>> {
    let deadline = Instant::now() + TIMEOUT;
    let mut expected_since = None;
    loop {
        let activity = api.activity().await?;
        let waiting: Vec<&Entry> = activity.iter().filter(|entry| !entry.is_terminal()).collect();
        let mismatches = report::mismatches(&scenario.scenes, stack.salesforce(), &activity);
        if waiting.is_empty() && mismatches.is_empty() {
            if expected_since.get_or_insert_with(Instant::now).elapsed() >= STABLE_FOR {
                return Ok(activity);
            }
        } else {
            expected_since = None;
        }
        if Instant::now() > deadline && expected_since.is_none() {
            let unfinished =
                waiting.iter().map(|entry| format!("{} is still {}: {}", entry.key, entry.state, entry.reason));
            let problems: Vec<String> = unfinished.chain(mismatches).collect();
            bail!("the results are not as expected: {}", problems.join("; "));
        }
        tokio::time::sleep(POLL).await;
    }
}

fn print_next_steps(stack: &Stack, scenario: &Scenario, printer: &Printer) {
    let info = stack.info();
    let logged = scenario.scenes.iter().find(|scene| matches!(scene.outcome, Outcome::Task(_)));
    let key = logged.map(|scene| scene.interaction.key()).unwrap_or_default();
    let activity = format!("curl -sb \"$COOKIE\" {}/api/activity", info.console_url);
    println!("  {}", printer.bold("Look around"));
    println!("  Records and their activities   {}", info.salesforce_url);
    println!("  Session cookie of an admin     COOKIE='{}'", info.session_cookie);
    println!("  Activity log, newest first     {activity}");
    println!("  One entry with its trace       {activity}/{key}");
    println!("\n  Ctrl-C stops everything.\n");
}
