//! A tenant: one Aircall account and the Salesforce org that its calls are logged in.

use std::collections::BTreeMap;
use std::fmt;

use jiff::fmt::serde::timestamp::second::{optional, required};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::aircall::AircallConnection;
use crate::org_id;
use crate::token_hash::TokenHash;
use crate::unix_seconds;

/// A tenant's id, which is also part of webhook URLs: 1 to 64 of `a`–`z`, `0`–`9` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(String);

/// The text is not a tenant's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a tenant's id: 1 to 64 of a-z, 0-9 and -")]
pub struct InvalidTenantId;

impl TenantId {
    /// Parses an id.
    ///
    /// # Errors
    /// If it is empty, longer than 64, or holds another character.
    pub fn parse(text: &str) -> Result<Self, InvalidTenantId> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidTenantId)
        }
    }

    /// The tenant's id for an org's id of 15 or 18 characters: `sf-` and the 18-character form in lower case.
    ///
    /// The tenant of an org is therefore known without a lookup.
    ///
    /// # Errors
    /// If it is not the id of an Organization.
    pub fn from_org_id(org_id: &str) -> Result<Self, InvalidTenantId> {
        let org_id = org_id::to_18_characters(org_id).ok_or(InvalidTenantId)?;
        Ok(Self(format!("sf-{}", org_id.to_ascii_lowercase())))
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
    type Error = InvalidTenantId;

    fn try_from(text: String) -> Result<Self, InvalidTenantId> {
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
    /// Hashes of the valid webhook tokens; several while one webhook replaces another.
    pub webhook_tokens: Vec<TokenHash>,
    /// The connected Salesforce org.
    pub salesforce: Option<Connection>,
    /// Login URL of the previously connected org, if none is connected.
    pub former_login_url: Option<String>,
    /// Whether the org accepts requests.
    pub state: ConnectionState,
    /// Known facts about the org.
    pub facts: OrgFacts,
    /// The org's API usage, as Salesforce last reported.
    pub api_usage: Option<ApiUsage>,
    /// The connected Aircall account.
    pub aircall: Option<AircallConnection>,
    /// When the last event arrived from Aircall; minute precision.
    pub last_event_at: Option<Timestamp>,
}

impl Tenant {
    /// A tenant without connections.
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
    /// Base URL of its REST API when it was connected; the tokens hold the current one.
    #[serde(default)]
    pub instance_url: String,
    /// URL where its users sign in and tokens are refreshed.
    #[serde(default = "default_login_url")]
    pub login_url: String,
    /// Id of the Salesforce user who connected it, who owns records that match no other user.
    #[serde(default)]
    pub user_id: String,
    /// That user's name, if it was in the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// When it was connected.
    #[serde(with = "required", default)]
    pub connected_at: Timestamp,
}

/// Where users of production orgs sign in.
fn default_login_url() -> String {
    "https://login.salesforce.com".to_owned()
}

/// Whether a tenant's Salesforce org accepts requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum ConnectionState {
    /// It does, as far as is known.
    #[default]
    Connected,
    /// Not before `until`: a limit is reached, or the org is down. Entries stay pending.
    Paused {
        /// When the problem began, regardless of later attempts.
        #[serde(with = "required", default = "not_stored")]
        since: Timestamp,
        /// When to try again.
        #[serde(with = "required")]
        until: Timestamp,
        /// Why, as a sentence.
        reason: String,
    },
    /// Not until an admin reconnects it. Entries stay pending.
    ReconnectNeeded {
        /// Why, as a sentence.
        reason: String,
        /// When the connection was found dead.
        #[serde(with = "required")]
        since: Timestamp,
        /// When to check whether it works again: an admin may have fixed the cause in Salesforce.
        #[serde(with = "required")]
        try_at: Timestamp,
    },
}

impl ConnectionState {
    /// Fills in attributes that older versions did not store.
    pub(crate) fn complete(self) -> Self {
        match self {
            // Stored before pauses had a `since`: `until` is the only known instant.
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

/// An org's API calls in the last 24 hours, by all integrations together.
/// <https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiUsage {
    /// Calls used.
    pub used: u64,
    /// Calls allowed.
    pub limit: u64,
    /// When Salesforce reported this, in UNIX seconds.
    #[serde(with = "required")]
    #[cfg_attr(feature = "openapi", schema(value_type = i64, example = 1_774_254_600))]
    pub at: Timestamp,
}

/// Known facts about an org, each with its age, so that it can be checked again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgFacts {
    /// Whether it has person accounts.
    pub person_accounts: Option<Known<bool>>,
    /// Fields, such as `Task.Aircall_Key__c`, that are missing or not writable, and when that was noticed.
    #[serde(default, with = "unix_seconds::map")]
    pub missing_fields: BTreeMap<String, Timestamp>,
    /// Objects, such as `Lead`, that the connecting user has no access to, and when that was noticed.
    #[serde(default, with = "unix_seconds::map")]
    pub missing_objects: BTreeMap<String, Timestamp>,
    /// When Tasks were last written without the key field, if ever.
    #[serde(default, with = "optional")]
    pub unkeyed_at: Option<Timestamp>,
}

impl OrgFacts {
    /// How long a field, an object or a feature is assumed missing: it may have been added since.
    pub const TTL: SignedDuration = SignedDuration::from_hours(24);

    /// The facts that have not expired as of `now`. A feature that was present is assumed to stay.
    #[must_use]
    pub fn as_of(mut self, now: Timestamp) -> Self {
        let is_current = |at: Timestamp| now < at + Self::TTL;
        self.person_accounts = self.person_accounts.filter(|known| known.value || is_current(known.at));
        self.missing_fields.retain(|_, at| is_current(*at));
        self.missing_objects.retain(|_, at| is_current(*at));
        self
    }
}

/// A value and when it was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known<T> {
    /// The value.
    pub value: T,
    /// When it was observed.
    #[serde(with = "required")]
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_case_letters_digits_and_dashes_make_an_id() {
        for text in ["a", "demo", "t-01", &"x".repeat(64)] {
            assert_eq!(TenantId::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn other_texts_are_no_id() {
        for text in ["", "Demo", "a b", "a/b", "é", "..", &"x".repeat(65)] {
            assert_eq!(TenantId::parse(text), Err(InvalidTenantId), "{text}");
        }
    }

    #[test]
    fn both_forms_of_an_org_id_give_one_tenant() {
        for org_id in ["00Dxx0000001gPL", "00Dxx0000001gPLEAY"] {
            assert_eq!(TenantId::from_org_id(org_id).unwrap().as_str(), "sf-00dxx0000001gpleay");
        }
        // An id that differs only in case is another org's.
        assert_eq!(TenantId::from_org_id("00Dxx0000001gpl").unwrap().as_str(), "sf-00dxx0000001gpleaa");
        for other in ["", "00D", "005xx0000001gPL", "00Dxx0000001gP-", "00Dxx0000001gPLEA", "00Dxx0000001gPLé"] {
            assert_eq!(TenantId::from_org_id(other), Err(InvalidTenantId), "{other}");
        }
    }

    #[test]
    fn absence_expires_after_a_day_and_presence_never() {
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
