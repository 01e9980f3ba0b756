//! The execution environments of one function.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Result;
use serde_json::Value;
use tokio::sync::{Semaphore, watch};

use super::{InvokeError, Launch, Output, environment::Environment};

/// Maximum concurrent environments of one function; further invocations wait.
const MAXIMUM_ENVIRONMENTS: u32 = 4;

/// Runs each invocation in an environment of its own, and reuses warm environments.
#[derive(Debug)]
pub struct Pool {
    launch: Launch,
    output: Output,
    idle: Mutex<Vec<Environment>>,
    slots: Semaphore,
    kill: watch::Sender<u64>,
}

impl Pool {
    /// Starts the pool with one environment, which proves that the function starts.
    ///
    /// # Errors
    /// With the last line the process printed, when it ends before it asks for an invocation.
    pub async fn start(launch: Launch, output: Output) -> Result<Arc<Self>> {
        let pool = Self {
            launch,
            output,
            idle: Mutex::default(),
            slots: Semaphore::new(MAXIMUM_ENVIRONMENTS as usize),
            kill: watch::Sender::new(0),
        };
        pool.put_back(pool.environment().await?);
        Ok(Arc::new(pool))
    }

    /// Invokes the function. The invocation goes on when the caller stops waiting, as in Lambda.
    ///
    /// # Errors
    /// Says why the invocation has no response.
    pub async fn invoke(self: &Arc<Self>, payload: Value) -> Result<Value, InvokeError> {
        let pool = Arc::clone(self);
        let run = tokio::spawn(async move { pool.run(payload).await });
        run.await.unwrap_or(Err(InvokeError::Stopped))
    }

    /// Kills every process of the function with SIGKILL, even during an invocation.
    ///
    /// Invocations in flight fail; the next one starts a new process.
    pub fn kill(&self) {
        self.kill.send_modify(|generation| *generation += 1);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Refuses new invocations, gives those in flight `grace` to end, then kills.
    pub async fn stop(&self, grace: Duration) {
        let _ = tokio::time::timeout(grace, self.slots.acquire_many(MAXIMUM_ENVIRONMENTS)).await;
        self.slots.close();
        self.kill();
    }

    async fn run(&self, payload: Value) -> Result<Value, InvokeError> {
        let _slot = self.slots.acquire().await.map_err(|_| InvokeError::Stopped)?;
        let mut environment = match self.warm() {
            Some(environment) => environment,
            None => self.environment().await.map_err(|error| {
                tracing::error!(function = self.launch.name, "does not start: {error:#}");
                InvokeError::Crashed(format!("{error:#}"))
            })?,
        };
        let result = environment.invoke(payload, self.kill.subscribe()).await;
        if let Err(error) = &result {
            tracing::warn!(function = self.launch.name, %error, "invocation failed");
        }
        if environment.is_warm() && !self.slots.is_closed() {
            self.put_back(environment);
        }
        result
    }

    /// An idle environment whose process is still running; it may have been killed meanwhile.
    fn warm(&self) -> Option<Environment> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| idle.pop()).find_map(|mut environment| environment.is_warm().then_some(environment))
    }

    async fn environment(&self) -> Result<Environment> {
        Environment::start(&self.launch, &self.output, self.kill.subscribe()).await
    }

    fn put_back(&self, environment: Environment) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(environment);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.kill();
    }
}
