//! The objects that make up an org's set-up, and how they are created.

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use crate::{Client, Error, ErrorCode, Refusal, Reply, SalesforceId};

/// An object of the org's set-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resource {
    /// An object of the Tooling API. Source:
    /// <https://developer.salesforce.com/docs/atlas.en-us.api_tooling.meta/api_tooling/tooling_api_objects_customfield.htm>.
    CustomField,
    /// Source: <https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_permissionset.htm>.
    PermissionSet,
    /// Source: <https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_fieldpermissions.htm>.
    FieldPermissions,
    /// Source: <https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_permissionsetassignment.htm>.
    PermissionSetAssignment,
}

impl Resource {
    fn path(self) -> &'static str {
        match self {
            Self::CustomField => "tooling/sobjects/CustomField",
            Self::PermissionSet => "sobjects/PermissionSet",
            Self::FieldPermissions => "sobjects/FieldPermissions",
            Self::PermissionSetAssignment => "sobjects/PermissionSetAssignment",
        }
    }

    /// The path of one record.
    pub(super) fn row(self, id: &SalesforceId) -> String {
        format!("{}/{id}", self.path())
    }

    /// Creates a record and returns its id.
    pub(super) async fn create(self, client: &Client, body: &Value) -> Result<Reply<SalesforceId>, Error> {
        #[derive(Deserialize)]
        struct Created {
            id: SalesforceId,
        }
        let answer: Reply<Created> = client.send_json(Method::POST, self.path(), body).await?;
        Ok(answer.map(|created| created.id))
    }
}

/// Whether a creation was refused because the record already exists. The Tooling API may only say so in its message:
/// `There is already a field named Aircall Key on Activity.`
pub(super) fn already_exists(refusal: &Refusal) -> bool {
    let name = refusal.code().name();
    let message = refusal.cause().message.to_ascii_lowercase();
    matches!(refusal.code(), ErrorCode::DuplicateValue)
        || matches!(name, "DUPLICATE_DEVELOPER_NAME" | "DUPLICATE_CUSTOM_ENTITY_DEFINITION")
        || message.contains("already a field named")
        || message.contains("duplicate developer name")
}

/// Whether the user lacks a permission. The Tooling API hides objects that the user may not use, so this includes "not
/// found".
pub(super) fn is_forbidden(refusal: &Refusal) -> bool {
    let name = refusal.code().name();
    refusal.status() == 403
        || matches!(refusal.code(), ErrorCode::NotFound | ErrorCode::InvalidType)
        || name.starts_with("INSUFFICIENT_ACCESS")
}

/// Whether a permission was refused because the new field is not available in Salesforce yet.
pub(super) fn is_not_available_yet(refusal: &Refusal) -> bool {
    matches!(refusal.code(), ErrorCode::InvalidOrNullForRestrictedPicklist | ErrorCode::InvalidField)
}
