//! A tenant: one Aircall account and the Salesforce org its calls go to.

use std::collections::BTreeMap;
use std::fmt;

use jiff::fmt::serde::timestamp::second::{optional, required};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::aircall::AircallConnection;
use crate::org_id;
use crate::seconds;
use crate::token_hash::TokenHash;

/// Names a tenant, in webhook URLs too: 1 to 64 of `a`–`z`, `0`–`9` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(String);

/// A text that cannot name a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a tenant's id: 1 to 64 of a-z, 0-9 and -")]
pub struct NotATenantId;

impl TenantId {
    /// Reads an id.
    ///
    /// # Errors
    /// If it is empty, longer than 64, or holds another character.
    pub fn parse(text: &str) -> Result<Self, NotATenantId> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotATenantId)
        }
    }

    /// The id of the tenant whose Salesforce org has this id, of 15 or 18 characters: `sf-` and the latter in lower case.
    ///
    /// The tenant of an org is therefore found without looking.
    ///
    /// # Errors
    /// If it is not the id of an Organization.
    pub fn of_org(org_id: &str) -> Result<Self, NotATenantId> {
        let eighteen = org_id::eighteen(org_id).ok_or(NotATenantId)?;
        Ok(Self(format!("sf-{}", eighteen.to_ascii_lowercase())))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for TenantId {
    type Error = NotATenantId;

    fn try_from(text: String) -> Result<Self, NotATenantId> {
        Self::parse(&text)
    }
}

impl From<TenantId> for String {
    fn from(id: TenantId) -> Self {
        id.0
    }
}

/// A tenant, without its settings and secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Hashes of the webhook tokens that count; several while one replaces another.
    pub webhook_tokens: Vec<TokenHash>,
    /// The Salesforce org, once one was connected.
    pub salesforce: Option<Connection>,
    /// Where the users of the org signed in that was connected before, if none is.
    pub former_login_url: Option<String>,
    /// Whether that org takes requests now.
    pub state: ConnectionState,
    /// What was learnt about the org.
    pub facts: OrgFacts,
    /// How many API calls the org has used, as Salesforce last said.
    pub api_usage: Option<ApiUsage>,
    /// The Aircall account, once one was connected in the console.
    pub aircall: Option<AircallConnection>,
    /// When a webhook last came from Aircall, to the minute.
    pub last_event_at: Option<Timestamp>,
}

impl Tenant {
    /// A tenant that nothing is connected to.
    pub fn new(id: TenantId) -> Self {
        Self {
            id,
            webhook_tokens: Vec::new(),
            salesforce: None,
            former_login_url: None,
            state: ConnectionState::Connected,
            facts: OrgFacts::default(),
            api_usage: None,
            aircall: None,
            last_event_at: None,
        }
    }
}

/// A connected Salesforce org.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Id of the Organization.
    pub org_id: String,
    /// Where its REST API is, as of when it was connected; the tokens know the newest.
    pub instance_url: String,
    /// Where its users sign in and tokens are refreshed.
    pub login_url: String,
    /// Id of the Salesforce user who connected it, who owns what no other user does.
    pub user_id: String,
    /// What Salesforce calls that user, if it told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// When it was connected.
    #[serde(with = "required")]
    pub connected_at: Timestamp,
}

/// Whether a tenant's Salesforce org takes requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum ConnectionState {
    /// As far as is known.
    #[default]
    Connected,
    /// Not before `until`: a limit is reached, or the org is down. Entries wait.
    Paused {
        /// Since when: the trouble's beginning, however often it was tried again.
        #[serde(with = "required", default = "not_stored")]
        since: Timestamp,
        /// When to try again.
        #[serde(with = "required")]
        until: Timestamp,
        /// Why, as a sentence.
        reason: String,
    },
    /// Not until an admin connects it again. Entries wait.
    ReconnectNeeded {
        /// Why, as a sentence.
        reason: String,
        /// Since when.
        #[serde(with = "required")]
        since: Timestamp,
        /// When to find out whether it works again, as an admin may have mended it in Salesforce.
        #[serde(with = "required")]
        try_at: Timestamp,
    },
}

impl ConnectionState {
    /// As it was meant when it was stored.
    pub(crate) fn complete(self) -> Self {
        match self {
            // Stored before pauses knew their beginning: their end is the only instant there is.
            ConnectionState::Paused { since, until, reason } if since == not_stored() => {
                ConnectionState::Paused { since: until, until, reason }
            }
            complete => complete,
        }
    }
}

fn not_stored() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

/// API calls of an org, by all integrations together, in the last 24 hours.
/// <https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiUsage {
    /// Used.
    pub used: u64,
    /// What it may use.
    pub limit: u64,
    /// When Salesforce said so, UNIX seconds.
    #[serde(with = "required")]
    #[cfg_attr(feature = "openapi", schema(value_type = i64, example = 1_774_254_600))]
    pub at: Timestamp,
}

/// What was learnt about an org, with when, so that it can be asked again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgFacts {
    /// Whether it has person accounts.
    pub person_accounts: Option<Known<bool>>,
    /// Fields, as `Task.Aircall_Key__c`, that it lacks or does not let us write, with when that showed.
    #[serde(default, with = "seconds::map")]
    pub missing_fields: BTreeMap<String, Timestamp>,
    /// Objects, as `Lead`, that the connecting user has no access to, with when that showed.
    #[serde(default, with = "seconds::map")]
    pub missing_objects: BTreeMap<String, Timestamp>,
    /// When Tasks were last written without the key field, if ever.
    #[serde(default, with = "optional")]
    pub unkeyed_at: Option<Timestamp>,
}

impl OrgFacts {
    /// How long the absence of a field, an object or a feature is believed: somebody may have added it since.
    pub const BELIEVED_FOR: SignedDuration = SignedDuration::from_hours(24);

    /// What of it is still believed as of `now`. A feature that was there does not go away.
    #[must_use]
    pub fn as_of(mut self, now: Timestamp) -> Self {
        let counts = |at: Timestamp| now < at + Self::BELIEVED_FOR;
        self.person_accounts = self.person_accounts.filter(|known| known.value || counts(known.at));
        self.missing_fields.retain(|_, at| counts(*at));
        self.missing_objects.retain(|_, at| counts(*at));
        self
    }
}

/// Something that was true at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known<T> {
    /// What.
    pub value: T,
    /// When it was learnt.
    #[serde(with = "required")]
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_small_letters_digits_and_dashes() {
        for text in ["a", "demo", "t-01", &"x".repeat(64)] {
            assert_eq!(TenantId::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_is_no_id() {
        for text in ["", "Demo", "a b", "a/b", "é", "..", &"x".repeat(65)] {
            assert_eq!(TenantId::parse(text), Err(NotATenantId), "{text}");
        }
    }

    #[test]
    fn an_org_has_one_tenant_by_either_of_its_ids() {
        for org_id in ["00Dxx0000001gPL", "00Dxx0000001gPLEAY"] {
            assert_eq!(TenantId::of_org(org_id).unwrap().as_str(), "sf-00dxx0000001gpleay");
        }
        // What differs in capitals only is another org.
        assert_eq!(TenantId::of_org("00Dxx0000001gpl").unwrap().as_str(), "sf-00dxx0000001gpleaa");
        for other in ["", "00D", "005xx0000001gPL", "00Dxx0000001gP-", "00Dxx0000001gPLEA", "00Dxx0000001gPLé"] {
            assert_eq!(TenantId::of_org(other), Err(NotATenantId), "{other}");
        }
    }

    #[test]
    fn absence_is_believed_for_a_day_and_presence_for_good() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let seen = |value| OrgFacts {
            person_accounts: Some(Known { value, at: at(0) }),
            missing_fields: BTreeMap::from([("Task.Type".to_owned(), at(0)), ("Contact.Email".to_owned(), at(1))]),
            missing_objects: BTreeMap::from([("Lead".to_owned(), at(0)), ("Case".to_owned(), at(1))]),
            unkeyed_at: Some(at(0)),
        };
        assert_eq!(seen(false).as_of(at(86_399)), seen(false));
        let left = OrgFacts {
            person_accounts: None,
            missing_fields: BTreeMap::from([("Contact.Email".to_owned(), at(1))]),
            missing_objects: BTreeMap::from([("Case".to_owned(), at(1))]),
            unkeyed_at: Some(at(0)),
        };
        assert_eq!(seen(false).as_of(at(86_400)), left);
        let has = OrgFacts { missing_fields: BTreeMap::new(), missing_objects: BTreeMap::new(), ..seen(true) };
        assert_eq!(seen(true).as_of(at(1_000_000)), has);
    }
}
