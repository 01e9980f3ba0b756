//! Secrets from the template.

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use super::{Api, generated_name};
use crate::template::{Resource, Scope};

/// Creates the secret, or updates a stored one to the template's value, and returns its ARN.
///
/// A generated value is not replaced once it exists, as in CloudFormation.
pub(super) async fn create(secretsmanager: &Api, secret: &Resource<'_>, scope: &Scope) -> Result<String> {
    secret.allow_only(&["Name", "Description", "SecretString", "GenerateSecretString", "KmsKeyId", "Tags"])?;
    let name: String = secret.get("Name", scope)?.unwrap_or_else(|| generated_name(secret.id()));
    let about = || format!("{}: cannot create the secret", secret.id());
    let given: Option<String> = secret.get("SecretString", scope)?;

    let id = json!({ "SecretId": name });
    if let Ok(known) = secretsmanager.call("DescribeSecret", &id).await {
        if let Some(value) = given {
            let input = json!({ "SecretId": name, "SecretString": value });
            secretsmanager.call("PutSecretValue", &input).await.with_context(about)?;
        }
        return arn(&known).with_context(about);
    }
    let value = match (given, secret.get("GenerateSecretString", scope)?) {
        (Some(value), _) => value,
        (None, Some(rules)) => generate(secretsmanager, rules).await.with_context(about)?,
        // It has no value until somebody stores one.
        (None, None) => {
            let input = json!({ "Name": name });
            return arn(&secretsmanager.call("CreateSecret", &input).await.with_context(about)?).with_context(about);
        }
    };
    let input = json!({ "Name": name, "SecretString": value });
    arn(&secretsmanager.call("CreateSecret", &input).await.with_context(about)?).with_context(about)
}

/// A password by the rules of `GenerateSecretString`, inside its JSON template if it has one.
async fn generate(secretsmanager: &Api, mut rules: Map<String, Value>) -> Result<String> {
    let template = rules.remove("SecretStringTemplate");
    let key = rules.remove("GenerateStringKey");
    let answer = secretsmanager.call("GetRandomPassword", &Value::Object(rules)).await?;
    let password = answer["RandomPassword"].as_str().context("no password")?;
    match (template, key) {
        (Some(Value::String(template)), Some(Value::String(key))) => {
            let mut secret: Map<String, Value> = serde_json::from_str(&template).context("SecretStringTemplate")?;
            secret.insert(key, password.into());
            Ok(Value::Object(secret).to_string())
        }
        _ => Ok(password.to_owned()),
    }
}

fn arn(answer: &Value) -> Option<String> {
    answer["ARN"].as_str().map(ToOwned::to_owned)
}
