//! Leases on a tenant, which exclude concurrent writers of its org, refreshes of its tokens, changes of its webhook, and
//! checks of its org.
//!
//! A lease is an attribute of the tenant's item, acquired and released by conditional updates.
//! It expires at an instant that its holder chooses, so a crashed holder blocks others no longer than that.
//! Clocks of two holders may differ slightly: choose the instant with a margin of some seconds.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;

use crate::dynamodb::expression::Update;
use crate::dynamodb::item::{self, Attributes};
use crate::error::{self, Error};
use crate::tenant_id::TenantId;
use crate::tenants::salesforce::ApiUsage;
use crate::tenants::tenant::{self, Tenant};
use crate::tenants::{Tenants, key_of};

/// What a lease protects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseKind {
    /// Writing to the tenant's org.
    Drain,
    /// Refreshing or replacing the tenant's Salesforce tokens.
    Refresh,
    /// Changing the tenant's webhook at Aircall and its stored state.
    Webhook,
    /// Checking or setting up the tenant's org.
    Check,
}

impl LeaseKind {
    /// The attribute that holds it: a map of `holder` and `until`, in UNIX milliseconds.
    fn attribute(self) -> &'static str {
        match self {
            LeaseKind::Drain => "drain_lease",
            LeaseKind::Refresh => "refresh_lease",
            LeaseKind::Webhook => "webhook_lease",
            LeaseKind::Check => "check_lease",
        }
    }
}

/// The result of [`Tenants::acquire`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acquired {
    /// The caller holds the lease; with the tenant as of that moment.
    Held(Box<Tenant>),
    /// Another holder has it.
    Taken {
        /// When it expires, unless it is released earlier.
        until: Timestamp,
    },
    /// There is no such tenant.
    NoTenant,
}

impl Tenants {
    /// Acquires the lease until `until` if it is free or expired as of `now`, or if `holder` already holds it.
    ///
    /// `holder` identifies one run and must be unique, because the same `holder` may acquire the lease again.
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the tenant's item cannot be read; the lease may have been acquired then.
    pub async fn acquire(
        &self,
        id: &TenantId,
        of: LeaseKind,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Acquired, Error> {
        let lease = of.attribute();
        let is_free =
            format!("attribute_not_exists(#{lease}.#until) OR #{lease}.#until <= :now OR #{lease}.#holder = :holder");
        let update = Update::default()
            .set(lease, lease_value(holder, until))
            .only_if_exists("tenant")
            .only_if_expression(&is_free, &[lease, "until", "holder"])
            .value("now", milliseconds(now))
            .value("holder", item::text(holder));
        let request = self
            .table
            .update_item(key_of(id))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.apply_to(request).send().await {
            Ok(answer) => Ok(Acquired::Held(Box::new(tenant::read(id, answer.attributes.unwrap_or_default())?))),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    // The lease may have been released in between; it is free as of `now` then.
                    let taken = |item: &Attributes| Acquired::Taken { until: until_of(item, lease).unwrap_or(now) };
                    Ok(refused.item().map_or(Acquired::NoTenant, taken))
                }
                _ => Err(error::from_sdk("UpdateItem", &error)),
            },
        }
    }

    /// Releases the lease and stores the API usage that its holder saw. Returns whether `holder` still held it.
    /// If not, nothing changes: the current holder will release it, with a later API usage.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn release(
        &self,
        id: &TenantId,
        of: LeaseKind,
        holder: &str,
        usage: Option<&ApiUsage>,
    ) -> Result<bool, Error> {
        let update = Update::default().remove(of.attribute());
        let update = match usage {
            Some(usage) => update.set("api_usage", item::value(usage)),
            None => update,
        };
        self.table.update_if(key_of(id), only_if_held(update, of, holder)).await
    }
}

fn only_if_held(update: Update, of: LeaseKind, holder: &str) -> Update {
    let lease = of.attribute();
    update
        .only_if_expression(&format!("#{lease}.#holder = :holder"), &[lease, "holder"])
        .value("holder", item::text(holder))
}

fn lease_value(holder: &str, until: Timestamp) -> AttributeValue {
    AttributeValue::M(item::attributes([("holder", item::text(holder)), ("until", milliseconds(until))]))
}

fn until_of(item: &Attributes, lease: &str) -> Option<Timestamp> {
    let until = item.get(lease)?.as_m().ok()?.get("until")?.as_n().ok()?;
    Timestamp::from_millisecond(until.parse().ok()?).ok()
}

fn milliseconds(at: Timestamp) -> AttributeValue {
    item::number(at.as_millisecond())
}
