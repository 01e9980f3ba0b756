//! The Salesforce user whose dead connection an admin replaced by signing in, until an admin says whose access is used
//! from then on.

use serde::{Deserialize, Serialize};

use crate::dynamodb::expression::Update;
use crate::dynamodb::item;
use crate::error::Error;
use crate::tenant_id::TenantId;
use crate::tenants::{Tenants, key_of};

/// The attribute.
pub(super) const FORMER_USER: &str = "former_user";

/// A Salesforce user who connected the org before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerUser {
    /// The user's id.
    pub id: String,
    /// The user's name, if it was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Tenants {
    /// Remembers the user whose dead connection is replaced, or forgets them.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_former_user(&self, id: &TenantId, user: Option<&FormerUser>) -> Result<(), Error> {
        let update = Update::default().set_or_remove(FORMER_USER, user.map(item::value)).only_if_exists("tenant");
        self.table.update_if(key_of(id), update).await.map(drop)
    }
}
