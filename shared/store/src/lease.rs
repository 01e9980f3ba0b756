//! Leases on a tenant: one writer of its org, one refresher of its tokens, and one who changes its webhook, also when two
//! overlap.
//!
//! A lease is an attribute of the tenant's item, taken and given back by conditional updates. It ends by itself at an
//! instant that its holder chose, so one that was killed holds nobody up for longer. The clocks of two holders may
//! differ by a little: choose that instant with some seconds to spare.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;

use crate::error::{self, Error};
use crate::expression::Update;
use crate::item::{self, Attributes};
use crate::tenant::{ApiUsage, Tenant, TenantId};
use crate::tenants::{self, Tenants};

/// What a lease is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseOf {
    /// Writing to the tenant's org.
    Drain,
    /// Refreshing the tenant's Salesforce tokens, or replacing them by others.
    Refresh,
    /// Changing the tenant's webhook at Aircall, and what is stored of it.
    Webhook,
}

impl LeaseOf {
    /// The attribute that holds it: a map of `holder` and `until`, UNIX milliseconds.
    fn attribute(self) -> &'static str {
        match self {
            LeaseOf::Drain => "drain_lease",
            LeaseOf::Refresh => "refresh_lease",
            LeaseOf::Webhook => "webhook_lease",
        }
    }
}

/// What became of the wish for a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acquired {
    /// It is ours; and the tenant as of that moment.
    Held(Box<Tenant>),
    /// Somebody else has it.
    Taken {
        /// When it ends, unless its holder gives it back before.
        until: Timestamp,
    },
    /// There is no such tenant.
    NoTenant,
}

impl Tenants {
    /// Takes the lease until `until` if nobody has it as of `now`, or if `holder` has it already.
    ///
    /// `holder` names one run and is never used again: whoever comes by the same name is let in.
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the tenant's item cannot be read; the lease may be ours then.
    pub async fn acquire(
        &self,
        id: &TenantId,
        of: LeaseOf,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Acquired, Error> {
        let lease = of.attribute();
        let is_free =
            format!("attribute_not_exists(#{lease}.#until) OR #{lease}.#until <= :now OR #{lease}.#holder = :holder");
        let update = Update::default()
            .set(lease, value(holder, until))
            .only_if_exists("tenant")
            .only_where(&is_free, &[lease, "until", "holder"])
            .value("now", milliseconds(now))
            .value("holder", item::text(holder));
        let request = self.dynamodb.update_item().table_name(&self.table).key("tenant", item::text(id.as_str()));
        let request = request
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.on(request).send().await {
            Ok(answer) => Ok(Acquired::Held(Box::new(tenants::read(id, answer.attributes.unwrap_or_default())?))),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    // Free by now, if the one who had it gave it back in between.
                    let taken = |item: &Attributes| Acquired::Taken { until: until_of(item, lease).unwrap_or(now) };
                    Ok(refused.item().map_or(Acquired::NoTenant, taken))
                }
                _ => Err(error::from_sdk("UpdateItem", &error)),
            },
        }
    }

    /// Gives the lease back, and stores the API calls that its holder saw. Says whether it still was `holder`'s;
    /// if not, nothing changes: it is somebody else's to give back, who has seen the API calls later, too.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn release(
        &self,
        id: &TenantId,
        of: LeaseOf,
        holder: &str,
        usage: Option<&ApiUsage>,
    ) -> Result<bool, Error> {
        let update = Update::default().remove(of.attribute());
        let update = match usage {
            Some(usage) => update.set("api_usage", item::value(usage)),
            None => update,
        };
        self.update_if(id, only_ours(update, of, holder)).await
    }
}

fn only_ours(update: Update, of: LeaseOf, holder: &str) -> Update {
    let lease = of.attribute();
    update.only_where(&format!("#{lease}.#holder = :holder"), &[lease, "holder"]).value("holder", item::text(holder))
}

fn value(holder: &str, until: Timestamp) -> AttributeValue {
    let parts = [("holder", item::text(holder)), ("until", milliseconds(until))];
    AttributeValue::M(HashMap::from(parts.map(|(name, value)| (name.to_owned(), value))))
}

fn until_of(item: &Attributes, lease: &str) -> Option<Timestamp> {
    let until = item.get(lease)?.as_m().ok()?.get("until")?.as_n().ok()?;
    Timestamp::from_millisecond(until.parse().ok()?).ok()
}

fn milliseconds(at: Timestamp) -> AttributeValue {
    item::number(at.as_millisecond())
}
