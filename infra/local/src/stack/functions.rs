//! The template's functions, built and started.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use anyhow::{Context as _, Result};
use tokio::task::JoinSet;

use crate::{
    binaries::{self, Executables, Source},
    gateway::Gateway,
    lambda::{Launch, Output, Pool, Show},
    services::{self, EndpointUrls, Resources, STACK_NAME, Services},
    template::{self, Function, HTTP_API, Template},
};

use super::Options;

/// What the template cannot know on this machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addresses<'a> {
    /// The sandbox org, where admins sign in instead of Salesforce.
    pub(super) salesforce: &'a str,
    /// The sandbox Aircall.
    pub(super) aircall: &'a str,
    /// The console, if it is not reached under its own address.
    pub(super) public: Option<&'a str>,
}

/// Reads the functions of the template. Of their variables, only the console's addresses are replaced.
pub(super) fn read(template: &Template, resources: &Resources, addresses: Addresses<'_>) -> Result<Vec<Function>> {
    let mut scope = resources.scope.clone();
    for api in template.resources(HTTP_API, &resources.scope) {
        scope.set(api.id(), "local".into());
    }
    let mut functions = template::functions(template, &scope)?;
    for console in functions.iter_mut().filter(|function| function.binary == "console") {
        let sandboxes = [("SALESFORCE_LOGIN_URL", addresses.salesforce), ("AIRCALL_DASHBOARD_URL", addresses.aircall)];
        for (name, url) in sandboxes.into_iter().chain(addresses.public.map(|url| ("PUBLIC_URL", url))) {
            console.environment.insert(name.to_owned(), url.to_owned());
        }
    }
    Ok(functions)
}

/// Builds the functions and starts one process of each, concurrently.
pub(super) async fn start(
    root: &Path,
    functions: &[Function],
    urls: &EndpointUrls,
    region: &str,
    options: &Options,
) -> Result<BTreeMap<String, Arc<Pool>>> {
    let executables = executables(root, functions, &options.source).await?;
    let show = if options.verbose { Show::Everything } else { Show::Problems };
    let mut starting = JoinSet::new();
    for function in functions {
        let name = function.binary.clone();
        let launch = Launch {
            name: format!("{STACK_NAME}-{}", function.id),
            access_key: function.id.clone(),
            binary: executables.get(&name).cloned().with_context(|| format!("{name} is not built"))?,
            timeout: function.timeout,
            memory_mb: function.memory_mb,
            environment: environment(function, urls),
            region: region.to_owned(),
        };
        let output = Output::new(&name, show, options.logs.as_deref())?;
        starting.spawn(async move {
            let pool = Pool::start(launch, output).await;
            Ok((name.clone(), pool.with_context(|| format!("the function {name} does not start"))?))
        });
    }
    starting.join_all().await.into_iter().collect()
}

/// The executable of each function, by its binary's name.
async fn executables(root: &Path, functions: &[Function], source: &Source) -> Result<Executables> {
    match source {
        Source::Build(profile) => {
            let names: Vec<_> = functions.iter().map(|function| function.binary.clone()).collect();
            binaries::build(root, &names, *profile).await.cloned()
        }
        Source::Zips(packages) => {
            let unpack = |function: &Function| {
                let package = packages.join(format!("{}.zip", function.id));
                let folder = root.join("target/local/unpacked").join(&function.id);
                Ok((function.binary.clone(), binaries::unpack(&package, &folder)?))
            };
            functions.iter().map(unpack).collect()
        }
    }
}

/// Serves the services behind a gateway that knows the functions' policies, and returns its URLs.
pub(super) async fn serve_aws(
    functions: &[Function],
    services: &Services,
    log: Option<&Path>,
    servers: &mut JoinSet<()>,
) -> Result<EndpointUrls> {
    let urls = &services.endpoint_urls;
    let policies = functions.iter().map(|function| (function.id.clone(), function.policies.clone()));
    let gateway = Gateway::new(policies.collect(), log, services)?;
    let mut serve = async |service: &'static str, url: &str| {
        let (listener, own) = services::listen().await?;
        servers.spawn(gateway.clone().serve(listener, service, url.to_owned()));
        anyhow::Ok(own)
    };
    Ok(EndpointUrls {
        dynamodb: serve("dynamodb", &urls.dynamodb).await?,
        sqs: serve("sqs", &urls.sqs).await?,
        secretsmanager: serve("secretsmanager", &urls.secretsmanager).await?,
    })
}

fn environment(function: &Function, urls: &EndpointUrls) -> BTreeMap<String, String> {
    let mut environment = function.environment.clone();
    for (service, url) in [("DYNAMODB", &urls.dynamodb), ("SQS", &urls.sqs), ("SECRETS_MANAGER", &urls.secretsmanager)]
    {
        environment.insert(format!("AWS_ENDPOINT_URL_{service}"), url.clone());
    }
    environment
}
