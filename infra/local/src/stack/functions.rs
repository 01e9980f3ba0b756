//! The template's functions, built and started.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use anyhow::{Context as _, Result};
use tokio::task::JoinSet;

use crate::{
    binaries::{self, Profile},
    lambda::{Launch, Output, Pool, Show},
    services::{EndpointUrls, Resources, STACK_NAME},
    template::{FUNCTION, Function, HTTP_API, Template, function},
};

use super::Options;

/// Reads the functions of the template.
pub(super) fn read(template: &Template, resources: &Resources) -> Result<Vec<Function>> {
    let mut scope = resources.scope.clone();
    for api in template.resources(HTTP_API, &resources.scope) {
        scope.set(api.id(), "local".into());
    }
    template.resources(FUNCTION, &resources.scope).map(|resource| function(&resource, &scope)).collect()
}

/// Sets the console's variables so that admins sign in to the sandboxes and not to Salesforce and Aircall.
pub(super) fn use_sandboxes(functions: &mut [Function], salesforce_url: &str, aircall_url: &str) {
    for function in functions.iter_mut().filter(|function| function.binary == "console") {
        for (name, url) in [("SALESFORCE_LOGIN_URL", salesforce_url), ("AIRCALL_DASHBOARD_URL", aircall_url)] {
            function.environment.insert(name.to_owned(), url.to_owned());
        }
    }
}

/// Builds the functions and starts one process of each, concurrently.
pub(super) async fn start(
    root: &Path,
    functions: &[Function],
    urls: &EndpointUrls,
    options: &Options,
) -> Result<BTreeMap<String, Arc<Pool>>> {
    let names: Vec<_> = functions.iter().map(|function| function.binary.clone()).collect();
    let profile = if options.release { Profile::Release } else { Profile::Dev };
    let executables = binaries::build(root, &names, profile).await?;
    let show = if options.verbose { Show::Everything } else { Show::Problems };
    let mut starting = JoinSet::new();
    for function in functions {
        let name = function.binary.clone();
        let launch = Launch {
            name: format!("{STACK_NAME}-{}", function.id),
            binary: executables.get(&name).cloned().with_context(|| format!("{name} is not built"))?,
            timeout: function.timeout,
            memory_mb: function.memory_mb,
            environment: environment(function, urls),
        };
        let output = Output::new(&name, show, options.logs.as_deref())?;
        starting.spawn(async move {
            let pool = Pool::start(launch, output).await;
            Ok((name.clone(), pool.with_context(|| format!("the function {name} does not start"))?))
        });
    }
    starting.join_all().await.into_iter().collect()
}

fn environment(function: &Function, urls: &EndpointUrls) -> BTreeMap<String, String> {
    let mut environment = function.environment.clone();
    for (service, url) in [("DYNAMODB", &urls.dynamodb), ("SQS", &urls.sqs), ("SECRETS_MANAGER", &urls.secretsmanager)]
    {
        environment.insert(format!("AWS_ENDPOINT_URL_{service}"), url.clone());
    }
    environment
}
