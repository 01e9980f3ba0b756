//! Starts a stack: first what can fail quickly, then each part after those that it needs.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use aircall_sandbox::Company;
use anyhow::{Context as _, Result};
use salesforce_sandbox::Org;
use serde_json::json;
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use super::functions::{self, Addresses};
use super::{Options, Stack, StackInfo, snapshots, stale};
use crate::{
    aircall,
    event_source::{self, Mapping},
    files,
    http_api::{self, Routes},
    lambda::Pool,
    salesforce::{self, ServedOrg},
    schedule,
    schedule_api::{self, Schedules},
    services::{self, Resources, Services},
    template::{Function, Template},
    tenants::Tenants,
    workspace,
};

/// Maximum batches of one queue in flight, unless the template sets a lower one. The embedded SQS hands out the groups of
/// a FIFO queue in the order of their names, not of their messages: with few batches in flight the last tenants starve.
const POLLERS: usize = 24;

pub(super) async fn start(options: Options) -> Result<Stack> {
    if let Some(file) = &options.stack_file {
        stale::remove(file)?;
    }
    let root = workspace::root();
    let data = options.data.as_deref();
    let (api_listener, console_url) = bind(options.port, "--port").await?;
    let (salesforce_listener, salesforce_url) = bind(options.salesforce_port, "--salesforce-port").await?;
    if let Some(data) = data {
        std::fs::create_dir_all(data).with_context(|| format!("cannot create {}", data.display()))?;
    }

    let (org, aircall) = sandboxes(data)?;
    let (aircall_listener, aircall_url) = services::listen().await?;
    let template = template(&root, &options, &aircall_url)?;

    let services = services(&options).await?;
    let resources = services.create(&template).await?;
    store_apps(&services, &resources, &org, &aircall).await?;
    let addresses =
        Addresses { salesforce: &salesforce_url, aircall: &aircall_url, public: options.public_url.as_deref() };
    let functions = functions::read(&template, &resources, addresses)?;

    let mut servers = JoinSet::new();
    servers.spawn(salesforce::serve(org.clone(), salesforce_listener));
    servers.spawn(aircall::serve(aircall.clone(), aircall_listener));

    let urls = functions::serve_aws(&functions, &services, options.aws_calls.as_deref(), &mut servers).await?;
    let pools = functions::start(&root, &functions, &urls, &services.account.region, &options).await?;
    let salesforce = ServedOrg { org, url: salesforce_url };
    let tenants = Tenants::new(&services, &functions, &console_url, options.connected_since)?;
    let demo = tenants.demo(&salesforce, data, !options.without_tenant).await?;

    if let Some(data) = data {
        services.restore_messages(data, &resources.queues).await?;
    }
    let (stop_polling, stopped) = watch::channel(false);
    let mut pollers = JoinSet::new();
    if let Some(data) = data {
        let secretsmanager = services.secretsmanager.clone();
        let state = snapshots::InMemory { org: salesforce.org.clone(), aircall: aircall.clone(), secretsmanager };
        pollers.spawn(snapshots::save_periodically(state, data.to_owned(), stopped.clone()));
    }
    let mappings = mappings(&functions, &pools, &services, &resources)?;
    for mapping in &mappings {
        for _ in 0..mapping.source.maximum_concurrency.unwrap_or(POLLERS).min(POLLERS) {
            pollers.spawn(event_source::poll(Arc::clone(mapping), stopped.clone()));
        }
    }
    let policies = functions.iter().map(|function| (function.id.clone(), function.policies.clone())).collect();
    let (routes, schedules) = entry_points(functions, &pools);
    for (schedule, pool) in schedules.values() {
        servers.spawn(schedule::run(schedule.clone(), Arc::clone(pool)));
    }
    let (schedule_listener, schedule_url) = services::listen().await?;
    let schedule_addresses = schedule_api::addresses(&schedules, &schedule_url);
    servers.spawn(schedule_api::serve(schedules, schedule_listener));
    let api = servers.spawn(async move {
        if let Err(error) = http_api::serve(api_listener, routes).await {
            tracing::error!("the HTTP API no longer answers: {error:#}");
        }
    });

    let info = StackInfo {
        console_url,
        webhook_url: demo.webhook_url,
        webhook_token: demo.webhook_token,
        session_cookie: demo.session_cookie,
        salesforce_url: demo.salesforce_url,
        salesforce_access_token: demo.salesforce_access_token,
        aircall_url,
        aircall_api_id: aircall.api_id(),
        aircall_api_token: aircall.api_token(),
        aws_endpoint_urls: services.endpoint_urls.clone(),
        aws_calls: options.aws_calls,
        tenant: demo.tenant,
        tables: resources.tables.clone(),
        queues: resources.queues.clone(),
        schedules: schedule_addresses,
        pid: std::process::id(),
    };
    if let Some(file) = &options.stack_file {
        files::write(file, &info)?;
    }
    Ok(Stack {
        info,
        salesforce,
        aircall,
        services,
        resources,
        tenants,
        pools,
        policies,
        mappings,
        stop_polling,
        pollers,
        servers,
        api,
        data: options.data,
        info_file: options.stack_file,
    })
}

/// What invokes the functions, except queues.
fn entry_points(functions: Vec<Function>, pools: &BTreeMap<String, Arc<Pool>>) -> (Routes<Arc<Pool>>, Schedules) {
    let (mut routes, mut schedules) = (Vec::new(), Schedules::new());
    for function in functions {
        let pool = &pools[&function.binary];
        routes.extend(function.routes.into_iter().map(|route| (route, Arc::clone(pool))));
        for schedule in function.schedules {
            schedules.insert(format!("{}{}", function.id, schedule.name), (schedule, Arc::clone(pool)));
        }
    }
    (Routes::new(routes), schedules)
}

/// The embedded services of AWS with the secrets that were saved, or those at an endpoint.
async fn services(options: &Options) -> Result<Services> {
    if let Some(url) = &options.aws_endpoint_url {
        return Services::at(url).await;
    }
    let data = options.data.as_deref();
    let services = Services::start(data).await?;
    if let Some(data) = data {
        services.restore_secrets(data).await?;
    }
    Ok(services)
}

/// The sandbox org and the sandbox Aircall, as they were saved in `data`.
fn sandboxes(data: Option<&Path>) -> Result<(Org, Company)> {
    let org = data.map(snapshots::saved_org).transpose()?.flatten();
    let company = data.map(snapshots::saved_company).transpose()?.flatten();
    Ok((salesforce::org(org)?, aircall::company(company)?))
}

/// The template, with the parameters of a stack on this machine.
fn template(root: &Path, options: &Options, aircall_url: &str) -> Result<Template> {
    let own = [
        ("AircallApiUrl", aircall_url.to_owned()),
        ("AllowedSalesforceOrgs", "*".to_owned()),
        // Bodies that were captured years ago are calls like any other here.
        ("RetentionDays", "3650".to_owned()),
        ("TenantRateLimit", options.tenant_rate_limit.to_string()),
    ];
    let given = options.parameters.iter().map(|(name, value)| (name.as_str(), value.clone()));
    // The first value of a parameter counts.
    Template::read(&root.join("template.yaml"), &given.chain(own).collect::<Vec<_>>())
}

/// Stores the sandboxes' apps in their secrets, as the operator of a deployment does.
async fn store_apps(services: &Services, resources: &Resources, org: &Org, aircall: &Company) -> Result<()> {
    let apps = [
        ("SalesforceAppSecret", org.client_id(), org.client_secret()),
        ("AircallAppSecret", aircall.client_id(), aircall.client_secret()),
    ];
    for (id, client_id, client_secret) in apps {
        let secret = json!({ "client_id": client_id, "client_secret": client_secret }).to_string();
        let input = json!({ "SecretId": resources.secrets.get(id), "SecretString": secret });
        services.secretsmanager.call("PutSecretValue", &input).await.with_context(|| format!("cannot store {id}"))?;
    }
    Ok(())
}

/// A loopback listener and its URL.
async fn bind(port: u16, flag: &str) -> Result<(TcpListener, String)> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => anyhow::anyhow!("port {port} is in use; choose another with {flag}"),
        _ => anyhow::Error::new(error).context(format!("cannot listen on port {port}")),
    })?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

fn mappings(
    functions: &[Function],
    pools: &BTreeMap<String, Arc<Pool>>,
    services: &Services,
    resources: &Resources,
) -> Result<Vec<Arc<Mapping>>> {
    let sources = functions.iter().flat_map(|function| function.queues.iter().map(move |source| (function, source)));
    sources
        .map(|(function, source)| {
            let queue_url = resources.queue_url(&source.queue_arn);
            let queue_url =
                queue_url.with_context(|| format!("{}: {} is not a queue", function.id, source.queue_arn))?;
            Ok(Arc::new(Mapping {
                source: source.clone(),
                queue_url: queue_url.to_owned(),
                pool: Arc::clone(&pools[&function.binary]),
                sqs: services.sqs.clone(),
                receipts: std::sync::Mutex::default(),
            }))
        })
        .collect()
}
