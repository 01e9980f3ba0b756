//! The whole stack: starts and stops everything in order.

mod functions;
mod options;
mod snapshots;
mod stale;
mod start;
mod stop;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use aircall_sandbox::Company;
use anyhow::{Context as _, Result};
use salesforce_sandbox::Org;
use serde_json::Value;
use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
};

pub use options::{Options, StackInfo};

use crate::{
    event_source::Mapping,
    files,
    gateway::Policies,
    lambda::Pool,
    salesforce::ServedOrg,
    services::{Resources, Services},
    tenants::{TenantHandle, TenantOptions, Tenants},
};

/// A running stack. [`Stack::stop`] ends it in order; dropping it kills everything.
#[derive(Debug)]
pub struct Stack {
    info: StackInfo,
    salesforce: ServedOrg,
    aircall: Company,
    services: Services,
    resources: Resources,
    tenants: Tenants,
    pools: BTreeMap<String, Arc<Pool>>,
    policies: BTreeMap<String, Policies>,
    mappings: Vec<Arc<Mapping>>,
    stop_polling: watch::Sender<bool>,
    pollers: JoinSet<()>,
    servers: JoinSet<()>,
    api: AbortHandle,
    data: Option<PathBuf>,
    info_file: Option<PathBuf>,
}

impl Stack {
    /// Builds the functions, starts everything and connects the demo tenant.
    ///
    /// # Errors
    /// When a port is in use, the template cannot be run, or a function does not build or start.
    pub async fn start(options: Options) -> Result<Self> {
        start::start(options).await
    }

    /// The stack's addresses and credentials.
    pub fn info(&self) -> &StackInfo {
        &self.info
    }

    /// The demo tenant's Salesforce org.
    pub fn salesforce(&self) -> &Org {
        &self.salesforce.org
    }

    /// The sandbox Aircall.
    pub fn aircall(&self) -> &Company {
        &self.aircall
    }

    /// The functions' policies, by their logical ids.
    pub fn policies(&self) -> &BTreeMap<String, Policies> {
        &self.policies
    }

    /// Adds a tenant, connected to an org of its own or to the demo tenant's.
    ///
    /// # Errors
    /// When the id is no tenant's id, or the tenant cannot be stored.
    pub async fn add_tenant(&self, options: TenantOptions) -> Result<TenantHandle> {
        self.tenants.add(options, &self.salesforce).await
    }

    /// Invokes a function, named by its binary, as a schedule or a person with the AWS CLI would.
    ///
    /// # Errors
    /// When there is no such function or the invocation fails.
    pub async fn invoke(&self, function: &str, payload: Value) -> Result<Value> {
        Ok(self.pool(function)?.invoke(payload).await?)
    }

    /// Kills every process of a function, named by its binary, with SIGKILL. The next invocation starts a new one.
    ///
    /// # Errors
    /// When there is no such function.
    pub fn kill(&self, function: &str) -> Result<()> {
        self.pool(function)?.kill();
        Ok(())
    }

    fn pool(&self, function: &str) -> Result<&Arc<Pool>> {
        self.pools.get(function).with_context(|| format!("there is no function {function}"))
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        for pool in self.pools.values() {
            pool.kill();
        }
        if let Some(file) = &self.info_file
            && let Ok(Some(written)) = files::read::<Value>(file)
            // Another stack may have replaced the file since.
            && written["pid"] == std::process::id()
        {
            let _ = std::fs::remove_file(file);
        }
    }
}
