//! All tenants that have something in common, page by page.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};

use crate::dynamodb::item::{self, Attributes};
use crate::error::{self, Error};
use crate::tenant_id::TenantId;
use crate::tenants::{Tenants, backfill, grant};

/// A page of tenants.
#[derive(Clone, Debug)]
pub struct TenantPage {
    /// The tenants, in no particular order.
    pub tenants: Vec<TenantId>,
    /// Where the next page begins; none after the last one.
    pub next: Option<TenantPosition>,
}

/// Where a [`TenantPage`] ends.
#[derive(Clone, Debug)]
pub struct TenantPosition(Attributes);

impl Tenants {
    /// A page of the tenants that have an Aircall connection, whose app was not uninstalled.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn with_aircall(&self, from: Option<TenantPosition>) -> Result<TenantPage, Error> {
        let filter = "attribute_exists(#aircall) AND attribute_not_exists(#aircall.#uninstalled_at)";
        self.scan(filter, &["aircall", "uninstalled_at"], [], from).await
    }

    /// A page of the same tenants, without those of whose calls a comparison with Aircall's list began after `since`.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn not_compared_after(
        &self,
        since: Timestamp,
        from: Option<TenantPosition>,
    ) -> Result<TenantPage, Error> {
        let filter = "attribute_exists(#aircall) AND attribute_not_exists(#aircall.#uninstalled_at) AND \
                      NOT #compared_at > :since";
        let values = [(":since".to_owned(), item::seconds(since))];
        self.scan(filter, &["aircall", "uninstalled_at", backfill::COMPARED_AT], values, from).await
    }

    /// A page of the tenants whose Salesforce org was last written to or asked, or connected, by `now` less `age`, and that
    /// takes requests, or can be tried again.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn with_unchecked_org(
        &self,
        now: Timestamp,
        age: SignedDuration,
        from: Option<TenantPosition>,
    ) -> Result<TenantPage, Error> {
        let filter = "attribute_exists(#salesforce) AND NOT #state.#until > :now AND NOT #state.#try_at > :now AND \
                      (#checked <= :before OR (NOT attribute_type(#checked, :number) AND \
                      (attribute_not_exists(#salesforce.#connected_at) OR #salesforce.#connected_at <= :before)))"
            .replace("#checked", &format!("#{}", grant::CHECKED_AT));
        let names = ["salesforce", "connected_at", "state", "until", "try_at", grant::CHECKED_AT];
        let values = [
            (":now".to_owned(), item::seconds(now)),
            (":before".to_owned(), item::seconds(now - age)),
            (":number".to_owned(), item::text("N")),
        ];
        self.scan(&filter, &names, values, from).await
    }

    /// A page of the tenants that `filter` admits.
    pub(super) async fn scan<const N: usize>(
        &self,
        filter: &str,
        names: &[&str],
        values: [(String, AttributeValue); N],
        from: Option<TenantPosition>,
    ) -> Result<TenantPage, Error> {
        let names = names.iter().chain(&["tenant"]).map(|name| (format!("#{name}"), (*name).to_owned()));
        let values: HashMap<_, _> = values.into();
        let answer = self
            .table
            .scan()
            .filter_expression(filter)
            .projection_expression("#tenant")
            .set_expression_attribute_names(Some(names.collect()))
            .set_expression_attribute_values((N > 0).then_some(values))
            .set_exclusive_start_key(from.map(|position| position.0))
            .send()
            .await
            .map_err(|e| error::from_sdk("Scan", &e))?;
        let tenant = |item: &Attributes| TenantId::parse(item.get("tenant")?.as_s().ok()?).ok();
        let tenants = answer.items.iter().flatten().filter_map(tenant).collect();
        Ok(TenantPage { tenants, next: answer.last_evaluated_key.map(TenantPosition) })
    }
}
