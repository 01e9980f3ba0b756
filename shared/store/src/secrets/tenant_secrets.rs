//! Secrets of which each tenant has one.
//!
//! They are deleted without Secrets Manager's recovery window. During that window no secret of the same name can be
//! created, so the tenant could not reconnect. The recovered credentials would be useless anyway, because disconnecting
//! revokes them.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::SdkError;
use aws_sdk_secretsmanager::operation::create_secret::CreateSecretError;
use aws_sdk_secretsmanager::operation::delete_secret::DeleteSecretError;
use serde::de::DeserializeOwned;

use crate::error::{self, Error};
use crate::secrets::{self, CURRENT};
use crate::tenant_id::TenantId;

/// The secrets of all tenants, each named by a prefix and the tenant's id.
#[derive(Clone, Debug)]
pub(super) struct TenantSecrets {
    secretsmanager: Client,
    prefix: String,
}

impl TenantSecrets {
    pub(super) fn new(secretsmanager: Client, prefix: impl Into<String>) -> Self {
        Self { secretsmanager, prefix: prefix.into() }
    }

    /// The tenant's secret, if it has one.
    pub(super) async fn get<T: DeserializeOwned>(&self, tenant: &TenantId) -> Result<Option<T>, Error> {
        let name = self.name(tenant);
        let secret = secrets::value(&self.secretsmanager, &name, CURRENT).await?;
        secret.map(|secret| secrets::read(&name, &secret)).transpose()
    }

    /// Replaces a tenant's secret.
    pub(super) async fn put(&self, tenant: &TenantId, text: &str) -> Result<(), Error> {
        let request = self.secretsmanager.put_secret_value().secret_id(self.name(tenant)).secret_string(text);
        request.send().await.map_err(|e| error::from_sdk("PutSecretValue", &e)).map(drop)
    }

    /// Creates or replaces a tenant's secret.
    pub(super) async fn create(&self, tenant: &TenantId, text: &str) -> Result<(), Error> {
        let request = self.secretsmanager.create_secret().name(self.name(tenant)).secret_string(text);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(CreateSecretError::is_resource_exists_exception) => {
                self.put(tenant, text).await
            }
            Err(error) => Err(create_error(&error)),
        }
    }

    /// Permanently deletes a tenant's secret; succeeds if it has none.
    pub(super) async fn delete(&self, tenant: &TenantId) -> Result<(), Error> {
        let request = self.secretsmanager.delete_secret().secret_id(self.name(tenant));
        match request.force_delete_without_recovery(true).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(DeleteSecretError::is_resource_not_found_exception) => {
                Ok(())
            }
            Err(error) => Err(error::from_sdk("DeleteSecret", &error)),
        }
    }

    fn name(&self, tenant: &TenantId) -> String {
        format!("{}{tenant}", self.prefix)
    }
}

/// Classifies an error of `CreateSecret`.
fn create_error(error: &SdkError<CreateSecretError>) -> Error {
    match error.as_service_error() {
        // A secret of this name is still being deleted: even a forced deletion takes a moment.
        Some(CreateSecretError::InvalidRequestException(refusal)) => {
            let cause = format!("InvalidRequestException: {}", refusal.message().unwrap_or("no message"));
            Error::Retry { operation: "CreateSecret", cause }
        }
        _ => error::from_sdk("CreateSecret", error),
    }
}
