//! The org's users, for an admin who sees and chooses who owns the Tasks of Aircall's users.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use salesforce::{Record, SObject, SalesforceId, Soql};
use store::{Tenant, Tenants};

use crate::batch_error::BatchError;
use crate::lookup::caller_fields;
use crate::missing::Missing;
use crate::org::Org;
use crate::owners::{MatchedBy, UserKey};
use crate::queries::{Answers, Queries, ask};

/// Active users of an org.
#[derive(Debug, Default)]
pub struct OrgUsers {
    records: Vec<Record>,
    /// The places of the records by id, e-mail address and username, in lower case.
    places: BTreeMap<String, BTreeSet<usize>>,
}

/// An active user of an org who may own Tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgUser {
    /// The id.
    pub id: SalesforceId,
    /// The full name.
    pub name: String,
    /// The username, which is unique in all orgs.
    pub username: String,
}

impl OrgUsers {
    fn new(records: Vec<Record>) -> Self {
        let mut places: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (place, record) in records.iter().enumerate() {
            for text in ["Id", "Email", "Username"].into_iter().filter_map(|field| record.str(field)) {
                places.entry(text.to_lowercase()).or_default().insert(place);
            }
        }
        Self { records, places }
    }

    /// The user that the first of `keys` means that means one, and by what it was found.
    pub fn choose(&self, keys: &[UserKey]) -> Option<(SalesforceId, MatchedBy)> {
        keys.iter().find_map(|key| key.choose(&self.candidates(key)))
    }

    /// The full name of a user.
    pub fn name(&self, id: SalesforceId) -> Option<&str> {
        self.records.iter().find(|record| record.id() == Some(id)).and_then(|record| record.str("Name"))
    }

    /// The users that a key may mean, in the order of the answer.
    fn candidates(&self, key: &UserKey) -> Vec<Record> {
        let texts = match key {
            UserKey::Email(_) => key.texts(),
            UserKey::Id(id) => vec![id.to_string().to_lowercase()],
        };
        let places: BTreeSet<usize> =
            texts.iter().filter_map(|text| self.places.get(text)).flatten().copied().collect();
        places.into_iter().filter_map(|place| self.records.get(place)).cloned().collect()
    }
}

impl OrgUser {
    fn from_record(record: &Record) -> Option<Self> {
        let text = |field: &str| record.str(field).unwrap_or_default().to_owned();
        Some(Self { id: record.id()?, name: text("Name"), username: text("Username") })
    }
}

impl Org {
    /// The active users that any of `keys` may mean. Usually one API call for about two thousand keys; one more where
    /// the org turns out not to let users be found by their e-mail addresses, which becomes a fact about it.
    ///
    /// # Errors
    /// Why they could not be queried.
    pub async fn users(
        &mut self,
        tenants: &Tenants,
        tenant: &mut Tenant,
        keys: BTreeSet<UserKey>,
        now: Timestamp,
    ) -> Result<OrgUsers, BatchError> {
        let email = Missing::Filter(SObject::User, "Email".to_owned());
        let questions = Queries { users: keys, now, ..Queries::default() };
        let mut answers = ask(self, &questions, &caller_fields(&tenant.facts)).await?;
        if answers.emails_denied && email.add_to(&mut tenant.facts, now) {
            tenants.set_facts(tenant).await?;
            answers = ask(self, &questions, &caller_fields(&tenant.facts)).await?;
        }
        let Answers { users, .. } = answers;
        Ok(OrgUsers::new(users.unwrap_or_default()))
    }

    /// The active users who may own Tasks, by name; none if there are more than `limit`. One API call.
    ///
    /// # Errors
    /// Why they could not be queried.
    pub async fn standard_users(&mut self, limit: usize) -> Result<Option<Vec<OrgUser>>, BatchError> {
        let soql = Soql::standard_users(limit + 1);
        let records = self.call(async |client| client.query(&soql).await).await?;
        let users = records.iter().filter_map(OrgUser::from_record);
        Ok(Some(users.collect::<Vec<_>>()).filter(|users| users.len() <= limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users() -> OrgUsers {
        let user = |id: &str, email: &str, username: &str, kind: &str| {
            let record = Record::default().with("Id", id).with("Name", format!("User {id}")).with("UserType", kind);
            record.with("Email", email).with("Username", username)
        };
        OrgUsers::new(vec![
            user("005000000000001AAA", "Ada@Example.com", "ada@crm.example.com", "Standard"),
            user("005000000000002AAA", "ada@example.com", "ada@example.com", "Standard"),
            user("005000000000003AAA", "bo@example.com.invalid", "bo@crm.example.com", "Standard"),
            user("005000000000004AAA", "x@example.com", "cy@example.com", "Standard"),
            user("005000000000005AAA", "di@example.com", "di@example.com", "CspLitePortal"),
        ])
    }

    #[track_caller]
    fn check(keys: &[UserKey], expected: Option<(&str, MatchedBy)>) {
        let expected = expected.map(|(id, by)| (SalesforceId::parse(id).unwrap(), by));
        assert_eq!(users().choose(keys), expected);
    }

    #[test]
    fn a_user_is_found_as_the_writer_finds_them() {
        let email = UserKey::of_email;
        let id = |text: &str| UserKey::Id(SalesforceId::parse(text).unwrap());
        check(&[email("ADA@example.com")], Some(("005000000000002AAA", MatchedBy::Email)));
        check(&[email("bo@example.com")], Some(("005000000000003AAA", MatchedBy::SandboxEmail)));
        check(&[email("cy@example.com")], Some(("005000000000004AAA", MatchedBy::Username)));
        check(&[email("di@example.com")], None);
        check(&[email("nobody@example.com")], None);
        check(&[id("005000000000003"), email("ada@example.com")], Some(("005000000000003AAA", MatchedBy::Override)));
        // Not active any more.
        check(&[id("005000000000009"), email("cy@example.com")], Some(("005000000000004AAA", MatchedBy::Username)));
        check(&[], None);
    }

    #[test]
    fn users_have_names() {
        let id = SalesforceId::parse("005000000000001").unwrap();
        assert_eq!(users().name(id), Some("User 005000000000001AAA"));
        assert_eq!(OrgUsers::default().name(id), None);
    }
}
