//! `cargo run`: the local stack.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use local::binaries::{Profile, Source};
use local::{Options, Stack, demo, workspace};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

mod banner;

/// Runs the whole system on this machine.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Args)]
struct Flags {
    /// Port of the console and of the webhooks (0: any free one)
    #[arg(long, global = true, default_value_t = 8080)]
    port: u16,
    /// Port of the sandbox Salesforce org (0: any free one)
    #[arg(long, global = true, default_value_t = 8081)]
    salesforce_port: u16,
    /// Keep state in this folder across restarts; a kill loses the last seconds and the queued messages
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The address under which the console is reached, if it is not that of --port
    #[arg(long, global = true, value_name = "URL")]
    public_url: Option<String>,
    /// Build the functions as they are deployed
    #[arg(long, global = true)]
    release: bool,
    /// Run the functions' packages in this folder, <logical id>.zip each, instead of building them
    #[arg(long, global = true, value_name = "DIR", conflicts_with = "release")]
    zips: Option<PathBuf>,
    /// Use the services of AWS at this URL, such as moto's, with the credentials and AWS_REGION of the environment;
    /// {service} in it stands for a service's name
    #[arg(long, global = true, value_name = "URL", conflicts_with = "data")]
    aws_endpoint_url: Option<String>,
    /// When Aircall counts as first connected for the demo tenant: no call that ended before is logged. A time such as
    /// 2026-03-01 or 2026-03-01T09:00:00Z, or "now"
    #[arg(long, global = true, value_name = "TIME", default_value = "2022-01-01", value_parser = time)]
    connected_since: Timestamp,
    /// Accept this many webhooks a second of each tenant, and ten times as many at once (0: all)
    #[arg(long, global = true, value_name = "N", default_value_t = 0)]
    tenant_rate_limit: u32,
    /// Show every line the functions print
    #[arg(long, global = true)]
    verbose: bool,
}

/// Reads a time, or a day, which begins at midnight UTC.
fn time(text: &str) -> Result<Timestamp, String> {
    let day = || Some(text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    let now = || (text == "now").then(Timestamp::now);
    now()
        .or_else(|| text.parse().ok())
        .or_else(day)
        .ok_or_else(|| "use a time such as 2026-03-01T09:00:00Z, a day, or now".to_owned())
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play a working day of calls and messages, and show the results
    Demo {
        /// Exit when the demo is done
        #[arg(long)]
        once: bool,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error,local=warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time().init();
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", format!("{error:#}").replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let Flags {
        port,
        salesforce_port,
        data,
        public_url,
        release,
        zips,
        aws_endpoint_url,
        connected_since,
        tenant_rate_limit,
        verbose,
    } = arguments.flags;
    let source = match zips {
        Some(zips) => Source::Zips(zips),
        None => Source::Build(if release { Profile::Release } else { Profile::Dev }),
    };
    let options = Options {
        port,
        salesforce_port,
        data,
        public_url,
        connected_since: Some(connected_since),
        tenant_rate_limit,
        source,
        verbose,
        stack_file: Some(workspace::stack_file()),
        logs: Some(workspace::logs()),
        aws_endpoint_url,
        aws_calls: Some(workspace::aws_calls()),
        ..Options::default()
    };

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop_signal = async {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    };
    tokio::pin!(stop_signal);

    let stack = tokio::select! {
        stack = Stack::start(options) => stack?,
        () = &mut stop_signal => return Ok(()),
    };
    banner::print(stack.info());
    let result = match arguments.command {
        Some(Command::Demo { once }) => tokio::select! {
            result = demo::run(&stack, once) => match result {
                Ok(()) if !once => { stop_signal.await; Ok(()) }
                result => result,
            },
            () = &mut stop_signal => Ok(()),
        },
        None => {
            stop_signal.await;
            Ok(())
        }
    };
    stack.stop().await.and(result)
}
