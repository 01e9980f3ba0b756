//! The Salesforce orgs that a deployment serves.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};

use crate::error::Error;
use crate::tenant_id::TenantId;
use crate::tenants::Tenants;
use crate::ttl_cache::TtlCache;

/// The key of the item in the tenants table that lists further orgs. No tenant has this id.
pub const ALLOWED_ORGS_KEY: &str = "allowed-orgs";
/// The attribute of that item: a string set or a list of org ids.
const ORGS: &str = "orgs";
/// How long the list of the table is cached.
const TTL: SignedDuration = SignedDuration::from_mins(1);

/// A list of orgs, as the deployment's parameter gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrgList {
    /// Every org.
    All,
    /// Only the orgs of these tenants.
    Only(BTreeSet<TenantId>),
}

impl Default for OrgList {
    /// No org.
    fn default() -> Self {
        OrgList::Only(BTreeSet::new())
    }
}

/// The text is neither `*` nor a comma-separated list of org ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOrgs;

impl FromStr for OrgList {
    type Err = NotOrgs;

    /// Reads `*`, or comma-separated ids of 15 or 18 characters; the empty text is no org.
    fn from_str(text: &str) -> Result<Self, NotOrgs> {
        match text.trim() {
            "" => Ok(OrgList::default()),
            "*" => Ok(OrgList::All),
            ids => {
                let tenants = ids.split(',').map(|id| TenantId::from_org_id(id.trim()));
                tenants.collect::<Result<_, _>>().map(OrgList::Only).map_err(|_| NotOrgs)
            }
        }
    }
}

/// The orgs that a deployment serves: those of its parameter, and those of an item of the tenants table, which takes a
/// longer list than a parameter.
///
/// The item has the key [`ALLOWED_ORGS_KEY`], and in its attribute `orgs` a string set or a list of org ids. It is read
/// again after a minute.
#[derive(Clone, Debug)]
pub struct AllowedOrgs {
    list: OrgList,
    tenants: Tenants,
    ttl: SignedDuration,
    listed: Arc<TtlCache<(), Arc<BTreeSet<TenantId>>>>,
}

impl AllowedOrgs {
    /// The orgs in `list`, and those in the item of the tenants table.
    pub fn new(list: OrgList, tenants: Tenants) -> Self {
        Self { list, tenants, ttl: TTL, listed: Arc::new(TtlCache::new(1)) }
    }

    /// For tests: the list of the table is read again after this time.
    #[cfg(test)]
    pub(crate) fn with_ttl(self, ttl: SignedDuration) -> Self {
        Self { ttl, ..self }
    }

    /// Whether the org of this tenant is served.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn contains(&self, tenant: &TenantId) -> Result<bool, Error> {
        match &self.list {
            OrgList::All => Ok(true),
            OrgList::Only(tenants) if tenants.contains(tenant) => Ok(true),
            OrgList::Only(_) => Ok(self.listed().await?.contains(tenant)),
        }
    }

    /// Whether no org is served, as in a new deployment.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn is_empty(&self) -> Result<bool, Error> {
        let is_empty = matches!(&self.list, OrgList::Only(tenants) if tenants.is_empty());
        Ok(is_empty && self.listed().await?.is_empty())
    }

    /// The orgs in the table.
    async fn listed(&self) -> Result<Arc<BTreeSet<TenantId>>, Error> {
        let now = Timestamp::now();
        if let Some(listed) = self.listed.get(&(), now) {
            return Ok(listed);
        }
        let listed = Arc::new(self.tenants.listed_orgs().await?);
        self.listed.insert((), Arc::clone(&listed), now, self.ttl);
        Ok(listed)
    }
}

impl Tenants {
    /// The tenants of the orgs that the item [`ALLOWED_ORGS_KEY`] lists. What is no org's id is left out, so that one
    /// wrong entry does not lock everybody out.
    async fn listed_orgs(&self) -> Result<BTreeSet<TenantId>, Error> {
        let item = self.table.get(super::key(ALLOWED_ORGS_KEY)).await?;
        let ids = match item.and_then(|mut item| item.remove(ORGS)) {
            Some(AttributeValue::Ss(ids)) => ids,
            Some(AttributeValue::L(ids)) => ids.into_iter().filter_map(|id| id.as_s().ok().cloned()).collect(),
            _ => Vec::new(),
        };
        let tenants = ids.iter().filter_map(|id| {
            let tenant = TenantId::from_org_id(id.trim()).ok();
            if tenant.is_none() {
                tracing::warn!(item = ALLOWED_ORGS_KEY, "an entry of the list of allowed orgs is no org's id");
            }
            tenant
        });
        Ok(tenants.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(org_id: &str) -> TenantId {
        TenantId::from_org_id(org_id).unwrap()
    }

    #[test]
    fn a_list_names_every_org_some_or_none() {
        assert_eq!("*".parse(), Ok(OrgList::All));
        assert_eq!("".parse(), Ok(OrgList::default()));
        let one = tenant("00Dxx0000001gPL");
        for text in ["00Dxx0000001gPL", "00Dxx0000001gPLEAY", " 00Dxx0000001gPL , 00Dxx0000001gPLEAY"] {
            assert_eq!(text.parse(), Ok(OrgList::Only([one.clone()].into())), "{text}");
        }
        assert_ne!(one, tenant("00Dxx0000001gpl"), "ids differ by case");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["00Dxx0000001gPL,", "all", "005xx0000001gPL", "00Dxx0000001gPL;00D000000000001", "*,*"] {
            assert_eq!(text.parse::<OrgList>(), Err(NotOrgs), "{text:?}");
        }
    }
}
