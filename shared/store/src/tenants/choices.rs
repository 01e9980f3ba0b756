//! What an admin chose from what the connected org has: statuses and users. Another org has others.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use rules::{SalesforceId, StatusChoice};

use crate::dynamodb::expression::Update;
use crate::dynamodb::item::{self, Item};
use crate::error::Error;
use crate::tenant_id::TenantId;
use crate::tenants::{Tenants, key_of};

/// The attribute of the chosen statuses.
pub(super) const STATUSES: &str = "statuses";

/// The attribute of the chosen users: a map from the ids of Aircall's users to those of Salesforce's.
pub(super) const USERS: &str = "users";

/// The Salesforce users that were chosen for Aircall users.
pub type ChosenUsers = BTreeMap<u64, SalesforceId>;

impl Tenants {
    /// Stores the chosen statuses. Returns whether the tenant exists.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_statuses(&self, id: &TenantId, choice: &StatusChoice) -> Result<bool, Error> {
        let update = Update::default().set(STATUSES, item::value(choice)).only_if_exists("tenant");
        self.table.update_if(key_of(id), update).await
    }

    /// Stores the Salesforce user that was chosen for an Aircall user, or with none that there is no such choice.
    /// Returns whether the tenant exists.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_user(&self, id: &TenantId, aircall: u64, user: Option<&SalesforceId>) -> Result<bool, Error> {
        // One key of a map can only be set where there is a map.
        let map = Update::default().set_if_absent(USERS, AttributeValue::M(HashMap::new()));
        if !self.table.update_if(key_of(id), map.only_if_exists("tenant")).await? {
            return Ok(false);
        }
        let key = aircall.to_string();
        let update = match user {
            Some(user) => Update::default().set_nested(USERS, &key, item::value(user)),
            None => Update::default().remove_nested(USERS, &key),
        };
        self.table.update_if(key_of(id), update.only_if_exists(USERS)).await
    }
}

/// Reads the chosen users; what this version cannot read is left out.
pub(super) fn read_users(item: &mut Item) -> ChosenUsers {
    let stored: BTreeMap<String, serde_json::Value> = item.optional(USERS).unwrap_or_default();
    let user = |(aircall, user): (String, serde_json::Value)| {
        Some((aircall.parse().ok()?, SalesforceId::parse(user.as_str()?).ok()?))
    };
    stored.into_iter().filter_map(user).collect()
}
