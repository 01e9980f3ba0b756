//! The AWS services the functions talk to, embedded: each listens on a loopback port of its own.

mod account;
mod api;
mod clients;
mod queues;
mod secrets;
mod serve;
mod state;
mod tables;

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use dynoxide::Database;
use rustack_secretsmanager_core::{
    config::SecretsManagerConfig, handler::RustackSecretsManagerHandler, provider::RustackSecretsManager,
};
use rustack_secretsmanager_http::{SecretsManagerHttpConfig, SecretsManagerHttpService};
use rustack_sqs_core::{config::SqsConfig, handler::RustackSqsHandler, provider::RustackSqs};
use rustack_sqs_http::service::{SqsHttpConfig, SqsHttpService};
use serde::Serialize;
use tokio::{net::TcpListener, task::JoinSet};

pub use account::Account;
pub use api::{Api, Service};
pub(crate) use state::save_secrets;

use crate::template::{QUEUE, SECRET, Scope, Stack, TABLE, Template};

/// `AWS::StackName` here, and the prefix of the resources' names.
pub const STACK_NAME: &str = "local";
/// `AWS::Region` here; the embedded services know only this one.
pub const REGION: &str = "us-east-1";
/// `AWS::AccountId` here.
pub const ACCOUNT: &str = "000000000000";

/// URLs of the embedded services, for `AWS_ENDPOINT_URL_…`.
#[derive(Debug, Clone, Serialize)]
pub struct EndpointUrls {
    /// DynamoDB.
    pub dynamodb: String,
    /// SQS.
    pub sqs: String,
    /// Secrets Manager.
    pub secretsmanager: String,
}

/// The running services; dropping them stops them.
#[derive(Debug)]
pub struct Services {
    /// Where each service listens.
    pub endpoint_urls: EndpointUrls,
    /// DynamoDB, in its own JSON.
    pub dynamodb: Api,
    /// SQS, in its own JSON.
    pub sqs: Api,
    /// Secrets Manager, in its own JSON.
    pub secretsmanager: Api,
    /// Whose they are.
    pub account: Arc<Account>,
    /// The client for them.
    pub http: reqwest::Client,
    _servers: JoinSet<()>,
}

/// Names of the template's tables, queues and secrets on this machine.
#[derive(Debug, Clone)]
pub struct Resources {
    /// Names of the tables by logical id.
    pub tables: BTreeMap<String, String>,
    /// URLs of the queues by logical id.
    pub queues: BTreeMap<String, String>,
    /// ARNs of the secrets by logical id.
    pub secrets: BTreeMap<String, String>,
    /// The template's names with their values.
    pub scope: Scope,
    queue_urls_by_arn: BTreeMap<String, String>,
}

impl Resources {
    /// URL of the queue with that ARN.
    pub fn queue_url(&self, arn: &str) -> Option<&str> {
        self.queue_urls_by_arn.get(arn).map(String::as_str)
    }
}

impl Services {
    /// Starts the services; with `data`, DynamoDB keeps its items in a file there.
    ///
    /// # Errors
    /// When the file cannot be opened or no port is free.
    pub async fn start(data: Option<&Path>) -> Result<Self> {
        let mut servers = JoinSet::new();

        let database = match data {
            Some(directory) => {
                let file = directory.join("dynamodb.sqlite");
                Database::new(&file.to_string_lossy()).with_context(|| format!("cannot open {}", file.display()))?
            }
            None => Database::memory().context("cannot start DynamoDB")?,
        };
        let (listener, dynamodb) = listen().await?;
        servers.spawn(expire(database.clone()));
        servers.spawn(dynoxide::server::serve_on(listener, database));

        let (listener, sqs) = listen().await?;
        // A queue's URL contains host and port, so the service has to know both before it starts.
        let provider = RustackSqs::new(SqsConfig {
            skip_signature_validation: true,
            default_region: REGION.to_owned(),
            account_id: ACCOUNT.to_owned(),
            host: "127.0.0.1".to_owned(),
            port: listener.local_addr()?.port(),
        });
        let handler = Arc::new(RustackSqsHandler::new(Arc::new(provider)));
        let config = SqsHttpConfig { region: REGION.to_owned(), ..SqsHttpConfig::default() };
        servers.spawn(serve::http1(listener, SqsHttpService::new(handler, config)));

        let (listener, secretsmanager) = listen().await?;
        let provider = RustackSecretsManager::new(SecretsManagerConfig {
            skip_signature_validation: true,
            default_region: REGION.to_owned(),
            default_account_id: ACCOUNT.to_owned(),
        });
        let handler = Arc::new(RustackSecretsManagerHandler::new(Arc::new(provider)));
        let config = SecretsManagerHttpConfig { region: REGION.to_owned(), ..SecretsManagerHttpConfig::default() };
        servers.spawn(serve::http1(listener, SecretsManagerHttpService::new(handler, config)));

        let http = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self::new(&http, EndpointUrls { dynamodb, sqs, secretsmanager }, Account::embedded(), servers))
    }

    /// The services at an endpoint instead: another implementation of AWS, or a real account. `{service}` in the URL stands
    /// for the service's name. The environment has the credentials, see [`Account`].
    ///
    /// # Errors
    /// When a variable of the environment is missing, or STS does not answer.
    pub async fn at(endpoint_url: &str) -> Result<Self> {
        let url = |service: &str| endpoint_url.trim_end_matches('/').replace("{service}", service);
        let http = reqwest::Client::new();
        let account = Account::from_environment(&http, &url("sts")).await?;
        let [dynamodb, sqs, secretsmanager] = [api::DYNAMODB, api::SQS, api::SECRETSMANAGER].map(|it| url(it.name));
        Ok(Self::new(&http, EndpointUrls { dynamodb, sqs, secretsmanager }, account, JoinSet::new()))
    }

    fn new(http: &reqwest::Client, endpoint_urls: EndpointUrls, account: Account, servers: JoinSet<()>) -> Self {
        let account = Arc::new(account);
        Self {
            dynamodb: Api::new(http, &endpoint_urls.dynamodb, api::DYNAMODB, &account),
            sqs: Api::new(http, &endpoint_urls.sqs, api::SQS, &account),
            secretsmanager: Api::new(http, &endpoint_urls.secretsmanager, api::SECRETSMANAGER, &account),
            endpoint_urls,
            account,
            http: http.clone(),
            _servers: servers,
        }
    }

    /// Creates the secrets, tables and queues of the template, and returns their names.
    ///
    /// # Errors
    /// Names the resource that cannot be created.
    pub async fn create(&self, template: &Template) -> Result<Resources> {
        let Account { id, region, .. } = &*self.account;
        let mut scope = template.scope(&Stack { name: STACK_NAME, region, account: id })?;
        let declared = scope.clone();
        let mut secrets = BTreeMap::new();
        for secret in template.resources(SECRET, &declared) {
            let arn = secrets::create(&self.secretsmanager, &secret, &scope).await?;
            scope.set(secret.id(), arn.clone().into());
            scope.set(&format!("{}.Id", secret.id()), arn.clone().into());
            secrets.insert(secret.id().to_owned(), arn);
        }
        let mut tables = BTreeMap::new();
        for table in template.resources(TABLE, &declared) {
            let name = tables::create(&self.dynamodb, &table, &scope).await?;
            scope.set(table.id(), name.clone().into());
            scope.set(&format!("{}.Arn", table.id()), format!("arn:aws:dynamodb:{region}:{id}:table/{name}").into());
            tables.insert(table.id().to_owned(), name);
        }
        let declared_queues: Vec<_> = template.resources(QUEUE, &declared).collect();
        let queues = queues::create(&self.sqs, &declared_queues, &mut scope, &self.account).await?;
        let queue_urls_by_arn = queues.values().map(|url| (queues::arn(url, &self.account), url.clone())).collect();
        Ok(Resources { tables, queues, secrets, scope, queue_urls_by_arn })
    }
}

/// A listener on a free loopback port and the URL of it.
pub(crate) async fn listen() -> Result<(TcpListener, String)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("no loopback port is free")?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

/// Name of a resource without a name in the template, where CloudFormation would generate one.
fn generated_name(id: &str) -> String {
    format!("{STACK_NAME}-{id}")
}

/// Deletes expired items at an interval, as DynamoDB does.
async fn expire(database: Database) {
    loop {
        tokio::time::sleep(Duration::from_mins(1)).await;
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(deleted)) => tracing::debug!(deleted, "expired items"),
            Ok(Err(error)) => tracing::warn!(%error, "could not look for expired items"),
            Err(_) => return,
        }
    }
}
