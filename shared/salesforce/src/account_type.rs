//! The record type of business Accounts, for users whose default is that of persons.

use std::collections::BTreeSet;

use rules::unknown::AccountType;

use crate::{Client, Description, Error, Reply, SObject, SalesforceId, Soql};

impl Client {
    /// The record type of business Accounts for the user. Two API calls at most.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn account_type(&self) -> Result<Reply<AccountType>, Error> {
        let accounts = self.describe(SObject::Account).await?;
        let read = account_type(self, &accounts.value).await?;
        Ok(Reply { calls: read.calls + accounts.calls, usage: read.usage.max(accounts.usage), value: read.value })
    }
}

/// The same from the description of Account.
pub(crate) async fn account_type(client: &Client, accounts: &Description) -> Result<Reply<AccountType>, Error> {
    let all = || accounts.record_types.iter().filter(|record_type| !record_type.master);
    if all().next().is_none() {
        return Ok(Reply::without_request(AccountType::Default));
    }
    // Descriptions do not say which types are those of persons.
    if !accounts.fields.contains_key("IsPersonAccount") {
        return Ok(Reply::without_request(choose(accounts, |_| true)));
    }
    let business = client.query(&Soql::business_account_types()).await?;
    Ok(business.map(|records| {
        let ids: BTreeSet<SalesforceId> = records.iter().filter_map(crate::Record::id).collect();
        choose(accounts, |id| ids.contains(&id))
    }))
}

fn choose(accounts: &Description, is_business: impl Fn(SalesforceId) -> bool) -> AccountType {
    let types = accounts.record_types.iter().filter(|record_type| !record_type.master && record_type.available);
    let business: Vec<_> = types.filter(|record_type| is_business(record_type.record_type_id)).collect();
    match business.first() {
        _ if business.iter().any(|record_type| record_type.default_record_type_mapping) => AccountType::Default,
        Some(first) => AccountType::Business(first.record_type_id),
        None => AccountType::Unavailable,
    }
}
