//! The Accounts of companies, for new Contacts.

use std::collections::{BTreeMap, BTreeSet};

use salesforce::SalesforceId;

/// The Accounts of companies.
#[derive(Debug, Default)]
pub struct Companies {
    /// By names in lower case.
    by_name: BTreeMap<String, (SalesforceId, String)>,
    /// Whether they could not be queried.
    pub is_denied: bool,
    /// Those whose Account Salesforce refused in this drain, in lower case.
    pub refused: BTreeSet<String>,
}

impl Companies {
    /// The most recently updated Account of this name, with its name as it is written there.
    pub fn get(&self, name: &str) -> Option<&(SalesforceId, String)> {
        self.by_name.get(&name.to_lowercase())
    }

    /// The companies among these Accounts, the most recently updated first.
    pub(crate) fn new(accounts: &[salesforce::Record], is_denied: bool) -> Self {
        let is_business = |account: &&salesforce::Record| account.bool("IsPersonAccount") != Some(true);
        let mut by_name = BTreeMap::new();
        for account in accounts.iter().filter(is_business) {
            if let (Some(id), Some(name)) = (account.id(), account.str("Name")) {
                by_name.entry(name.to_lowercase()).or_insert((id, name.to_owned()));
            }
        }
        Self { by_name, is_denied, refused: BTreeSet::new() }
    }
}
