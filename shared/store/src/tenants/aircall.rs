//! A tenant's Aircall account, connected in the console.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second::{optional, required};
use serde::{Deserialize, Serialize};

/// A connected Aircall account. Its credentials are in Secrets Manager.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AircallConnection {
    /// Aircall's id of the company, if it is known: an app is told, an API key is not.
    pub company_id: Option<u64>,
    /// What Aircall calls the company.
    pub company_name: String,
    /// The kind of credentials it was connected with.
    pub how: AircallAuth,
    /// Aircall's id of the webhook that we created.
    pub webhook_id: String,
    /// The URL that webhook sends to, if it was in the response.
    pub webhook_url: Option<String>,
    /// When it was connected.
    #[serde(with = "required")]
    pub connected_at: Timestamp,
    /// When the webhook was last replaced by a rotation.
    #[serde(with = "optional")]
    pub rotated_at: Option<Timestamp>,
    /// Whether the webhook is active, as Aircall last reported.
    pub state: AircallState,
    /// The events that the webhook subscribes to; `None` if an earlier version created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription: Option<AircallSubscription>,
    /// Lines and users of the company, by which it is recognised.
    pub signs: CompanySigns,
    /// Since when Aircall has refused the access, as far as `reconcile` knows: an app may be uninstalled.
    #[serde(with = "optional", skip_serializing_if = "Option::is_none")]
    pub refused_since: Option<Timestamp>,
    /// When the app was uninstalled in Aircall, which ends the connection.
    #[serde(with = "optional", skip_serializing_if = "Option::is_none")]
    pub uninstalled_at: Option<Timestamp>,
}

/// The events that a webhook subscribes to, by Aircall's names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AircallSubscription {
    /// Those that Aircall was asked for.
    #[serde(default)]
    pub asked: Vec<String>,
    /// Those of them that it granted.
    #[serde(default)]
    pub granted: Vec<String>,
}

impl AircallSubscription {
    /// Whether Aircall was asked for exactly these events.
    pub fn is_for(&self, events: &[&str]) -> bool {
        self.asked.len() == events.len() && events.iter().all(|event| self.asked.iter().any(|asked| asked == event))
    }

    /// The events that Aircall did not grant.
    pub fn missing(&self) -> Vec<String> {
        self.asked.iter().filter(|asked| !self.granted.contains(asked)).cloned().collect()
    }
}

/// By what an Aircall company is recognised: its name changes, and is not unique.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanySigns {
    /// Aircall's ids of some of its lines; none if they are not known.
    #[serde(default)]
    pub lines: BTreeSet<u64>,
    /// Aircall's ids of some of its users; none if they are not known.
    #[serde(default)]
    pub users: BTreeSet<u64>,
}

impl CompanySigns {
    /// The first lines and users of these. A company has more in common with itself than the first of both.
    pub fn new(lines: impl IntoIterator<Item = u64>, users: impl IntoIterator<Item = u64>) -> Self {
        let first = |ids: BTreeSet<u64>| ids.into_iter().take(MAX_SIGNS).collect();
        Self { lines: first(lines.into_iter().collect()), users: first(users.into_iter().collect()) }
    }
}

/// The most lines, and the most users, that are remembered.
const MAX_SIGNS: usize = 50;

impl AircallConnection {
    /// Whether another company's id and signs are those of this company; `None` if nothing tells.
    ///
    /// Two ids decide. Else a line or user in common does: their ids are unique among all companies.
    pub fn is_company(&self, id: Option<u64>, signs: &CompanySigns) -> Option<bool> {
        if let (Some(one), Some(other)) = (self.company_id, id) {
            return Some(one == other);
        }
        let pairs = [(&self.signs.lines, &signs.lines), (&self.signs.users, &signs.users)];
        if pairs.iter().any(|(one, other)| !one.is_disjoint(other)) {
            return Some(true);
        }
        pairs.iter().any(|(one, other)| !one.is_empty() && !other.is_empty()).then_some(false)
    }
}

/// The kind of credentials an Aircall account is connected with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AircallAuth {
    /// An API id and token that an admin created.
    #[default]
    ApiKey,
    /// An access token that an admin granted.
    #[serde(rename = "oauth")]
    OAuth,
}

/// Whether an Aircall webhook is active.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum AircallState {
    /// It sends events.
    Active,
    /// Aircall or a person has deactivated it.
    Deactivated {
        /// Since when, as far as is known.
        #[serde(with = "required")]
        since: Timestamp,
    },
    /// Not checked, or Aircall did not respond.
    #[default]
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection to a company with these signs.
    fn connection(company_id: Option<u64>, lines: &[u64], users: &[u64]) -> AircallConnection {
        AircallConnection { company_id, signs: signs(lines, users), ..AircallConnection::default() }
    }

    fn signs(lines: &[u64], users: &[u64]) -> CompanySigns {
        CompanySigns { lines: lines.iter().copied().collect(), users: users.iter().copied().collect() }
    }

    #[test]
    fn a_company_is_recognised_by_its_id_else_by_a_line_or_user_in_common() {
        for (known, id, given, expected) in [
            (connection(Some(1), &[], &[]), Some(1), signs(&[9], &[9]), Some(true)),
            (connection(Some(1), &[10], &[20]), Some(2), signs(&[10], &[20]), Some(false)),
            (connection(None, &[10, 11], &[20]), Some(2), signs(&[11], &[21]), Some(true)),
            (connection(Some(1), &[10], &[20, 22]), None, signs(&[11], &[22, 23]), Some(true)),
            (connection(None, &[10], &[20]), None, signs(&[11], &[21]), Some(false)),
            (connection(None, &[10], &[]), None, signs(&[11], &[21]), Some(false)),
            (connection(None, &[10], &[]), None, signs(&[], &[10]), None),
            (connection(Some(1), &[], &[]), None, signs(&[11], &[21]), None),
        ] {
            assert_eq!(known.is_company(id, &given), expected, "{known:?} {id:?} {given:?}");
        }
    }

    #[test]
    fn what_was_not_granted_is_missing() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let subscription = AircallSubscription { asked: names(&["a", "b", "c"]), granted: names(&["c", "a"]) };
        assert_eq!(subscription.missing(), ["b"]);
        assert!(subscription.is_for(&["c", "b", "a"]) && !subscription.is_for(&["a", "b"]));
    }
}
