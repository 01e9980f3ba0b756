//! What is remembered of a tenant's org beyond its connection, and the tenant that a new one follows: a sandbox that is
//! refreshed is a new org at the address of the former one.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rules::{SalesforceId, StatusChoice};
use serde::{Deserialize, Serialize};

use crate::dynamodb::expression::Update;
use crate::dynamodb::item::{self, Attributes, Item};
use crate::error::{self, Error};
use crate::tenant_id::TenantId;
use crate::tenants::choices::{self, ChosenUsers};
use crate::tenants::salesforce::{Connection, ConnectionState};
use crate::tenants::tenant::Tenant;
use crate::tenants::{Tenants, key_of};

/// The attribute of the org's My Domain.
pub(super) const MY_DOMAIN: &str = "my_domain";
/// The attribute of the org's admins.
pub(super) const ADMINS: &str = "admins";
/// The attribute of the former org.
pub(super) const PREDECESSOR: &str = "predecessor";
/// The most admins that are remembered.
const MAX_ADMINS: usize = 20;
/// A day in seconds.
const DAY: i64 = 86_400;
/// The most pages of the table, of a megabyte each, that are searched for a predecessor.
const MAX_PAGES: usize = 10;
/// The hosts where users of many orgs sign in.
const SHARED_HOSTS: [&str; 2] = ["login.salesforce.com", "test.salesforce.com"];

/// The Salesforce users who signed in as admins of an org, and when they last did, in UNIX seconds.
pub type Admins = BTreeMap<String, i64>;

/// The org that was known before at the address of a new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predecessor {
    /// Its tenant, if the user who signed in to the new org administered it; `None` if others did.
    #[serde(default)]
    pub tenant: Option<TenantId>,
}

impl Tenants {
    /// Like [`Tenants::create`], for an org that may follow another one.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn create_after(
        &self,
        id: &TenantId,
        predecessor: Option<&Predecessor>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let update = Update::default()
            .set(item::SCHEMA, item::schema())
            .set("webhook_tokens", AttributeValue::L(Vec::new()))
            .set("state", item::value(&ConnectionState::Connected))
            .set("created_at", item::seconds(now))
            .only_if_new("tenant");
        let update = match predecessor {
            Some(predecessor) => update.set(PREDECESSOR, item::value(predecessor)),
            None => update,
        };
        self.table.update_if(key_of(id), update).await
    }

    /// Remembers that this user administers the tenant's org, which has this My Domain. Both are kept when the org is
    /// disconnected. Of the admins, the latest twenty are. What was stored within a day is not stored again.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn remember_admin(
        &self,
        known: &Tenant,
        my_domain: &str,
        user: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let is_recent = |at: &i64| now.as_second() - at < DAY;
        if known.my_domain.as_deref() == Some(my_domain) && known.admins.get(user).is_some_and(is_recent) {
            return Ok(());
        }
        let mut admins = known.admins.clone();
        admins.insert(user.to_owned(), now.as_second());
        while admins.len() > MAX_ADMINS {
            let oldest = admins.iter().min_by_key(|(_, at)| **at).map(|(user, _)| user.clone());
            oldest.and_then(|oldest| admins.remove(&oldest));
        }
        let update = Update::default().set(MY_DOMAIN, item::text(my_domain)).set(ADMINS, item::value(&admins));
        self.table.update_if(key_of(&known.id), update.only_if_exists("tenant")).await.map(drop)
    }

    /// The org that was known at this My Domain, other than that of `id`, whose admin `user` is. Of several, the one that
    /// was known last; those that the user administered come first.
    ///
    /// Reads the whole table, up to ten megabytes: only for a tenant that is new.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn find_predecessor(
        &self,
        id: &TenantId,
        my_domain: &str,
        user: &SalesforceId,
    ) -> Result<Option<Predecessor>, Error> {
        let mut found: Option<(bool, i64, TenantId)> = None;
        let mut position = None;
        for _ in 0..MAX_PAGES {
            let request = self.table.scan();
            let request = request.filter_expression(
                "#my_domain = :my_domain OR contains(#salesforce.#url, :my_domain) OR contains(#former, :my_domain)",
            );
            let request = [
                ("#my_domain", MY_DOMAIN),
                ("#salesforce", "salesforce"),
                ("#url", "instance_url"),
                ("#former", "former_login_url"),
            ]
            .into_iter()
            .fold(request, |request, (name, attribute)| request.expression_attribute_names(name, attribute));
            let request = request.expression_attribute_values(":my_domain", item::text(my_domain));
            let answer = request.set_exclusive_start_key(position).send().await;
            let answer = answer.map_err(|e| error::from_sdk("Scan", &e))?;
            let candidates = answer.items.into_iter().flatten().filter_map(|item| candidate(item, my_domain, user));
            found = candidates.chain(found).filter(|(.., tenant)| tenant != id).max();
            position = answer.last_evaluated_key;
            if position.is_none() {
                break;
            }
        }
        Ok(found.map(|(is_admin, _, tenant)| Predecessor { tenant: is_admin.then_some(tenant) }))
    }

    /// Stores what was chosen from the org in place of all former choices.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_choices(
        &self,
        id: &TenantId,
        statuses: &StatusChoice,
        users: &ChosenUsers,
    ) -> Result<bool, Error> {
        let users = users.iter().map(|(aircall, user)| (aircall.to_string(), item::value(user))).collect();
        let update = Update::default().set(choices::STATUSES, item::value(statuses));
        let update = update.set(choices::USERS, AttributeValue::M(users)).only_if_exists("tenant");
        self.table.update_if(key_of(id), update).await
    }

    /// Forgets the tenant's predecessor.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn forget_predecessor(&self, id: &TenantId) -> Result<(), Error> {
        self.table.update_if(key_of(id), Update::default().remove(PREDECESSOR).only_if_exists("tenant")).await.map(drop)
    }
}

/// Whether the user administered the org, when it became known, and its tenant; `None` if its My Domain is another.
fn candidate(item: Attributes, my_domain: &str, user: &SalesforceId) -> Option<(bool, i64, TenantId)> {
    let mut item = Item::new(item, "tenant");
    let tenant = TenantId::parse(item.key()).ok()?;
    let connection: Option<Connection> = item.optional("salesforce");
    let host = item.optional::<String>(MY_DOMAIN).or_else(|| {
        let url = connection.as_ref().map(|connection| connection.instance_url.clone());
        let url = url.or_else(|| item.optional("former_login_url"))?;
        Some(url.split_once("://")?.1.trim_end_matches('/').to_owned())
    })?;
    if host != my_domain || SHARED_HOSTS.contains(&&*host) {
        return None;
    }
    let admins: Admins = item.optional(ADMINS).unwrap_or_default();
    let is_user = |id: &String| SalesforceId::parse(id).is_ok_and(|id| id == *user);
    // Tenants of before admins were remembered were connected by an admin.
    let connected_it = || admins.is_empty() && connection.is_some_and(|connection| is_user(&connection.user_id));
    let is_admin = admins.keys().any(is_user) || connected_it();
    Some((is_admin, item.optional("created_at").unwrap_or_default(), tenant))
}
