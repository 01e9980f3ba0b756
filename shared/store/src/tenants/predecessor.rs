//! What is remembered of a tenant's org beyond its connection, and the tenant that a new one follows: a sandbox that is
//! refreshed is a new org at the address of the former one.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rules::{SalesforceId, StatusChoice};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::dynamodb::expression::Update;
use crate::dynamodb::item::{self, Attributes, Item};
use crate::error::{self, Error};
use crate::tenant_id::TenantId;
use crate::tenants::choices::{self, ChosenUsers};
use crate::tenants::salesforce::ConnectionState;
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
/// The Salesforce users who signed in as admins of an org, and when they last did, in UNIX seconds.
pub type Admins = BTreeMap<String, i64>;

/// The org that was known before at the address of a new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predecessor {
    /// Its tenant; `None` where an earlier version did not store it. Whoever reads it asks
    /// [`Tenant::is_administered_by`] what of it may be shown to a user.
    #[serde(default)]
    pub tenant: Option<TenantId>,
}

impl Tenant {
    /// Whether this user is known to have administered the org.
    pub fn is_administered_by(&self, user: &SalesforceId) -> bool {
        is_administered_by(user, self.admins.as_ref(), self.salesforce.as_ref().map(|connection| &*connection.user_id))
    }
}

/// Whether the user is one of the admins. Tenants of before admins were remembered were connected by an admin.
fn is_administered_by(user: &SalesforceId, admins: Option<&Admins>, connected_by: Option<&str>) -> bool {
    let is_user = |id: &str| SalesforceId::parse(id).is_ok_and(|id| id == *user);
    match admins {
        Some(admins) => admins.keys().any(|id| is_user(id)),
        None => connected_by.is_some_and(is_user),
    }
}

/// The admins that are remembered; `None` if none ever were. What cannot be read counts as remembered, so that nobody is
/// taken for an admin because of it.
pub(super) fn read_admins(item: &mut Item) -> Option<Admins> {
    match item.json(ADMINS) {
        Ok(None) => None,
        Ok(Some(Value::Object(admins))) => {
            Some(admins.into_iter().map(|(user, at)| (user, at.as_i64().unwrap_or_default())).collect())
        }
        Ok(Some(_)) | Err(_) => Some(Admins::new()),
    }
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
    /// Only this user's entry is written, so concurrent sign-ins do not forget each other.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn remember_admin(
        &self,
        known: &Tenant,
        my_domain: Option<&str>,
        user: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let empty = Admins::new();
        let admins = known.admins.as_ref().unwrap_or(&empty);
        let is_recent = |at: &i64| now.as_second() - at < DAY;
        let is_known = my_domain.is_none() || known.my_domain.as_deref() == my_domain;
        if is_known && admins.get(user).is_some_and(is_recent) {
            return Ok(());
        }
        let at = item::seconds(now);
        if known.admins.is_none() {
            // One key of a map can only be set where there is a map.
            let first = item::value(&Admins::from([(user.to_owned(), now.as_second())]));
            let update = Update::default().set_if_absent(ADMINS, first).only_if_exists("tenant");
            if !self.table.update_if(key_of(&known.id), update).await? {
                return Ok(());
            }
        }
        let update = Update::default().set_nested(ADMINS, user, at).only_if_exists("tenant");
        let update = match my_domain {
            Some(my_domain) => update.set(MY_DOMAIN, item::text(my_domain)),
            None => update,
        };
        if self.table.update_if(key_of(&known.id), update).await? {
            self.forget_oldest_admins(known, user).await?;
        }
        Ok(())
    }

    /// Forgets those of the known admins that are too many together with this user, unless they signed in meanwhile.
    async fn forget_oldest_admins(&self, known: &Tenant, user: &str) -> Result<(), Error> {
        let mut others: Vec<_> = known.admins.iter().flatten().filter(|(id, _)| *id != user).collect();
        others.sort_by_key(|(_, at)| **at);
        let too_many = (others.len() + 1).saturating_sub(MAX_ADMINS);
        for (id, at) in others.into_iter().take(too_many) {
            let update = Update::default()
                .remove_nested(ADMINS, id)
                .only_if_expression(&format!("#{ADMINS}.#{id} = :known"), &[ADMINS, id])
                .value("known", item::number(*at));
            self.table.update_if(key_of(&known.id), update).await?;
        }
        Ok(())
    }

    /// The org that was known at this My Domain, other than that of `id`. Of several, the one that was known last; those
    /// that the user administered come first.
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
            let request = request.projection_expression(
                "#tenant, #my_domain, #salesforce.#url, #salesforce.#user_id, #former, #admins, #created_at",
            );
            let request = [
                ("#tenant", "tenant"),
                ("#my_domain", MY_DOMAIN),
                ("#salesforce", "salesforce"),
                ("#url", "instance_url"),
                ("#user_id", "user_id"),
                ("#former", "former_login_url"),
                ("#admins", ADMINS),
                ("#created_at", "created_at"),
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
        if position.is_some() {
            tracing::warn!(tenant = %id, pages = MAX_PAGES, "a predecessor was looked for in a part of the table only");
        }
        Ok(found.map(|(.., tenant)| Predecessor { tenant: Some(tenant) }))
    }

    /// Stores what was chosen from the org in place of all former choices of its kind; of a kind without choices, the
    /// former ones stay. Returns whether the tenant exists.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_choices(
        &self,
        id: &TenantId,
        statuses: &StatusChoice,
        users: &ChosenUsers,
    ) -> Result<bool, Error> {
        if *statuses == StatusChoice::default() && users.is_empty() {
            return Ok(self.get(id).await?.is_some());
        }
        let mut update = Update::default().only_if_exists("tenant");
        if *statuses != StatusChoice::default() {
            update = update.set(choices::STATUSES, item::value(statuses));
        }
        if !users.is_empty() {
            let users = users.iter().map(|(aircall, user)| (aircall.to_string(), item::value(user))).collect();
            update = update.set(choices::USERS, AttributeValue::M(users));
        }
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

/// What is read of a candidate's connection.
#[derive(Default, Deserialize)]
struct ConnectedOrg {
    #[serde(default)]
    instance_url: String,
    #[serde(default)]
    user_id: String,
}

/// Whether the user administered the org, when it became known, and its tenant; `None` if its My Domain is another.
fn candidate(item: Attributes, my_domain: &str, user: &SalesforceId) -> Option<(bool, i64, TenantId)> {
    let mut item = Item::new(item, "tenant");
    let tenant = TenantId::parse(item.key()).ok()?;
    let connection: Option<ConnectedOrg> = item.optional("salesforce");
    let host = item.optional::<String>(MY_DOMAIN).or_else(|| {
        let url = connection.as_ref().map(|connection| connection.instance_url.clone());
        let url = url.or_else(|| item.optional("former_login_url"))?;
        Some(url.split_once("://")?.1.trim_end_matches('/').to_owned())
    })?;
    if host != my_domain {
        return None;
    }
    let connected_by = connection.as_ref().map(|connection| &*connection.user_id);
    let is_admin = is_administered_by(user, read_admins(&mut item).as_ref(), connected_by);
    Some((is_admin, item.optional("created_at").unwrap_or_default(), tenant))
}
