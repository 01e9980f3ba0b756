//! One execution environment: a process of the function and the Runtime API it polls.

use std::{
    process::{ExitStatus, Stdio},
    sync::PoisonError,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use lambda_simulator::{InvocationBuilder, InvocationStatus, Simulator, state::InvocationState};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::{
    process::{Child, Command},
    sync::watch,
    task::JoinHandle,
};

use super::{InvokeError, Launch, Output, output::LastLine};
use crate::services::{ACCOUNT, REGION};

/// Lambda gives a function ten seconds to start.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);
/// The simulator may fail to notify of a response, so its state is checked at this interval.
const CHECK_INTERVAL: Duration = Duration::from_millis(20);
/// The simulator keeps every invocation in memory, so an environment is replaced after this many. Lambda replaces its
/// environments, too.
const MAXIMUM_INVOCATIONS: usize = 1_000;

/// Changes each time that all processes of a function have to be killed.
pub(super) type Kill = watch::Receiver<u64>;

pub(super) struct Environment {
    simulator: Option<Simulator>,
    process: Child,
    readers: Vec<JoinHandle<()>>,
    last_line: LastLine,
    timeout: Duration,
    arn: String,
    invocations: usize,
}

impl Environment {
    /// Starts the process and waits until it asks for its first invocation.
    pub(super) async fn start(launch: &Launch, output: &Output, mut kill: Kill) -> Result<Self> {
        let timeout = launch.timeout;
        let simulator = Simulator::builder().function_name(&launch.name).invocation_timeout(timeout).build().await?;
        let mut process = command(launch, &simulator).spawn().context("cannot start its process")?;
        let last_line = LastLine::default();
        let pipes = (process.stdout.take(), process.stderr.take());
        let readers = [
            pipes.0.map(|pipe| output.follow(pipe, last_line.clone())),
            pipes.1.map(|pipe| output.follow(pipe, last_line.clone())),
        ];
        let arn = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", launch.name);
        let mut environment = Self {
            simulator: Some(simulator),
            process,
            readers: readers.into_iter().flatten().collect(),
            last_line,
            timeout,
            arn,
            invocations: 0,
        };
        let ready = async {
            while !environment.simulator().is_initialized().await {
                if let Some(status) = environment.process.try_wait()? {
                    anyhow::bail!("{}", environment.exit_message(status).await);
                }
                if let Some(error) = environment.simulator().get_init_error().await {
                    anyhow::bail!("{error}");
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            Ok(())
        };
        tokio::select! {
            ready = ready => ready?,
            () = tokio::time::sleep(INIT_TIMEOUT) => anyhow::bail!("it was not ready within {INIT_TIMEOUT:?}"),
            _ = kill.changed() => anyhow::bail!("killed"),
        }
        environment.signal(Signal::STOP);
        Ok(environment)
    }

    /// Runs one invocation. After [`InvokeError::Crashed`] and [`InvokeError::TimedOut`] the process is gone.
    pub(super) async fn invoke(&mut self, payload: Value, mut kill: Kill) -> Result<Value, InvokeError> {
        self.invocations += 1;
        let milliseconds = u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX);
        let invocation = InvocationBuilder::new()
            .payload(payload)
            .timeout_ms(milliseconds)
            .function_arn(&self.arn)
            .build()
            .expect("the payload is set");
        self.signal(Signal::CONT);
        let id = self.simulator().enqueue(invocation).await;
        let deadline = Instant::now() + self.timeout;
        let state = loop {
            let simulator = self.simulator.as_ref().expect("held until dropped");
            tokio::select! {
                response = simulator.wait_for_invocation_complete(&id, CHECK_INTERVAL) => match response {
                    Ok(state) => break state,
                    Err(_) if Instant::now() >= deadline => {
                        let _ = self.process.kill().await;
                        return Err(InvokeError::TimedOut);
                    }
                    Err(_) => {}
                },
                status = self.process.wait() => {
                    // It may have responded just before it ended.
                    match self.simulator().get_invocation_state(&id).await {
                        Some(state) if has_response(&state) => break state,
                        _ => return Err(InvokeError::Crashed(self.exit_message(status.unwrap_or_default()).await)),
                    }
                }
                _ = kill.changed() => {
                    let _ = self.process.kill().await;
                    return Err(InvokeError::Crashed("killed".to_owned()));
                }
            }
        };
        self.signal(Signal::STOP);
        match (state.response, state.error) {
            (Some(response), _) => Ok(response.payload),
            (None, error) => {
                Err(InvokeError::Failed { kind: error.map_or_else(String::new, |error| error.error_type) })
            }
        }
    }

    /// Whether it may serve another invocation.
    pub(super) fn is_warm(&mut self) -> bool {
        self.invocations < MAXIMUM_INVOCATIONS && matches!(self.process.try_wait(), Ok(None))
    }

    fn simulator(&self) -> &Simulator {
        self.simulator.as_ref().expect("held until dropped")
    }

    /// Freezes or continues the process. It is frozen between invocations, as in Lambda, and so is its background work.
    ///
    /// The simulator does not do it, as it can freeze a process just as its next invocation arrives.
    fn signal(&self, signal: Signal) {
        let pid = self.process.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        if let Some(pid) = pid {
            // The ID cannot have been reused, as the child has not been waited for. The child may have ended already.
            let _ = kill_process(pid, signal);
        }
    }

    /// Exit status and last output line of a process that has ended.
    async fn exit_message(&mut self, status: ExitStatus) -> String {
        for reader in self.readers.drain(..) {
            let _ = tokio::time::timeout(Duration::from_millis(200), reader).await;
        }
        let line = self.last_line.lock().unwrap_or_else(PoisonError::into_inner);
        if line.is_empty() { status.to_string() } else { format!("{status}: {line}") }
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment").field("pid", &self.process.id()).finish_non_exhaustive()
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        // Dropping its handle kills the process; the simulator's server has to be shut down.
        if let (Some(simulator), Ok(runtime)) = (self.simulator.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(simulator.shutdown());
        }
    }
}

fn has_response(state: &InvocationState) -> bool {
    matches!(state.status, InvocationStatus::Success | InvocationStatus::Error)
}

/// The command with exactly the variables that Lambda sets: it inherits none of this machine's.
fn command(launch: &Launch, simulator: &Simulator) -> Command {
    let mut command = Command::new(&launch.binary);
    command
        .env_clear()
        .envs([
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("LANG", "en_US.UTF-8"),
            ("TZ", ":UTC"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("_HANDLER", "bootstrap"),
        ])
        .env("AWS_REGION", &launch.region)
        .env("AWS_DEFAULT_REGION", &launch.region)
        .env("AWS_ACCESS_KEY_ID", &launch.access_key)
        .env("AWS_LAMBDA_RUNTIME_API", simulator.addr().to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", &launch.name)
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", launch.memory_mb.to_string())
        .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", launch.name))
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "local")
        .envs(&launch.environment)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        // A process group of its own: Ctrl-C reaches only the stack, which stops the functions in order. If the stack
        // is killed, the kernel sends SIGHUP to the frozen processes and the others lose the Runtime API, so all end.
        .process_group(0);
    command
}
