//! Tenants of the stack: each connected to a sandbox org, with a webhook token and a signed-in admin.

mod options;
mod stored;

use std::{path::Path, sync::Mutex};

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use store::TenantId;
use tokio::task::JoinSet;

pub use options::{TenantHandle, TenantOptions, TenantOrg};
use stored::TenantStore;

use crate::{
    files,
    salesforce::{self, ServedOrg},
    services::{self, Services},
    template::Function,
};

/// File of the demo tenant's webhook token in the data folder, as DynamoDB holds only its hash.
const TOKEN_FILE: &str = "webhook-token.json";

/// Creates tenants.
#[derive(Debug)]
pub(crate) struct Tenants {
    store: TenantStore,
    webhook_path: String,
    console_url: String,
    /// When the tenants' Aircall companies count as first connected.
    connected_since: Option<Timestamp>,
    orgs: Mutex<JoinSet<()>>,
}

impl Tenants {
    pub(crate) fn new(
        services: &Services,
        functions: &[Function],
        console_url: &str,
        connected_since: Option<Timestamp>,
    ) -> Result<Self> {
        let routes = functions.iter().flat_map(|function| &function.routes);
        let mut paths = routes.map(|route| route.path.as_str());
        let webhook_path = paths.find(|path| path.contains("{tenant}")).context("no route has {tenant} in its path")?;
        Ok(Self {
            store: TenantStore::new(services, functions)?,
            webhook_path: webhook_path.to_owned(),
            console_url: console_url.to_owned(),
            connected_since,
            orgs: Mutex::default(),
        })
    }

    /// The demo tenant, restored from an earlier run or new. An admin of the sandbox org signs in to it.
    pub(crate) async fn demo(&self, org: &ServedOrg, data: Option<&Path>, is_connected: bool) -> Result<TenantHandle> {
        let file = data.map(|data| data.join(TOKEN_FILE));
        let saved = file.as_deref().map(files::read).transpose()?.flatten();
        let token = match saved {
            Some(token) => token,
            None => random_hex()?,
        };
        if let Some(file) = file {
            files::write(&file, &token)?;
        }
        let id = TenantId::from_org_id(&org.org.org_id())?;
        self.note_connected_since(id.as_str()).await?;
        if is_connected {
            self.connect(id.as_str(), token, org).await
        } else {
            self.handle(id.as_str(), token, org).await
        }
    }

    /// Adds a tenant.
    pub(crate) async fn add(&self, options: TenantOptions, demo: &ServedOrg) -> Result<TenantHandle> {
        let org = match options.org {
            TenantOrg::Shared => demo.clone(),
            TenantOrg::Own(options) => self.org(*options, demo).await?,
        };
        let id = match options.id {
            Some(id) => id,
            None => format!("tenant-{}", random_hex()?),
        };
        self.note_connected_since(&id).await?;
        self.connect(&id, random_hex()?, &org).await
    }

    /// Stores since when the tenant's Aircall company counts as connected, however it is connected.
    async fn note_connected_since(&self, id: &str) -> Result<()> {
        match self.connected_since {
            Some(since) => self.store.set_connected_since(&TenantId::parse(id)?, since).await,
            None => Ok(()),
        }
    }

    async fn org(&self, options: salesforce_sandbox::Options, demo: &ServedOrg) -> Result<ServedOrg> {
        let org = salesforce::another_org(options, &demo.org);
        let (listener, url) = services::listen().await?;
        let mut orgs = self.orgs.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        orgs.spawn(salesforce::serve(org.clone(), listener));
        Ok(ServedOrg { org, url })
    }

    async fn connect(&self, id: &str, webhook_token: String, org: &ServedOrg) -> Result<TenantHandle> {
        self.store.connect(id, &webhook_token, org).await.with_context(|| format!("cannot create the tenant {id}"))?;
        self.handle(id, webhook_token, org).await
    }

    async fn handle(&self, id: &str, webhook_token: String, org: &ServedOrg) -> Result<TenantHandle> {
        Ok(TenantHandle {
            tenant: id.to_owned(),
            webhook_url: self.console_url.clone() + &self.webhook_path.replace("{tenant}", id),
            webhook_token,
            session_cookie: self.store.session_cookie(id).await?,
            salesforce_url: org.url.clone(),
            salesforce_access_token: org.org.issue_grant(&org.org.admin_user_id()).access_token,
            org: org.org.clone(),
        })
    }
}

/// 128 random bits as text.
fn random_hex() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).context("cannot generate random numbers")?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
