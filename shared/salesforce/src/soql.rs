//! Builds all SOQL and SOSL text.
//!
//! Values enter only as typed ids, as [`PhoneTerm`] or through [`literal`], and names only as `&'static str`, so
//! external input can never become syntax.

mod literal;
mod phones;
mod setup;
mod sosl;
mod users;

use std::collections::BTreeSet;

use literal::{date_time, literal};
pub use phones::CallerFields;
pub use sosl::{NotDigits, PhoneTerm, Sosl};

use jiff::Timestamp;
use url::form_urlencoded;

use crate::{ApiVersion, SObject, SalesforceId};

/// The longest statement that is built, in characters. Salesforce accepts 100,000; the margin is for what it adds
/// itself. Source: <https://help.salesforce.com/s/articleView?id=000386440>.
const MAX_STATEMENT: usize = 95_000;

/// The longest quoted string of a statement, in characters. Source:
/// <https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_soslsoql.htm>.
const MAX_LITERAL: usize = 4_000;

/// One SOQL query.
///
/// Each builder for records returns as many queries as Salesforce's limits require: none for an empty list, nearly
/// always one. Results are ordered by last modification, newest first.
#[derive(Clone, PartialEq, Eq)]
pub struct Soql(String);

/// The field of Task that carries the key of a call or message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyField {
    /// The custom field that `infra/salesforce` deploys: unique, so Salesforce itself refuses a second Task.
    AircallKey,
    /// A standard field, for orgs without the custom one. Not unique.
    CallObject,
}

impl KeyField {
    /// The API name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AircallKey => "Aircall_Key__c",
            Self::CallObject => "CallObject",
        }
    }
}

impl Soql {
    /// Open Cases of Contacts: `Id`, `CaseNumber`, `ContactId`, `LastModifiedDate`.
    pub fn open_cases(contact_ids: &[SalesforceId]) -> Vec<Self> {
        In::values(contact_ids.iter().map(id_literal)).fields(&["ContactId"]).statements(
            "SELECT Id, CaseNumber, ContactId, LastModifiedDate FROM Case WHERE IsClosed = false AND ",
            " ORDER BY LastModifiedDate DESC",
        )
    }

    /// Open Opportunities in which Contacts have a role: `ContactId`, `OpportunityId`, `Opportunity.Name`,
    /// `Opportunity.LastModifiedDate`. Salesforce has no other relation from a Contact to its Opportunities.
    pub fn open_opportunities(contact_ids: &[SalesforceId]) -> Vec<Self> {
        In::values(contact_ids.iter().map(id_literal)).fields(&["ContactId"]).statements(
            "SELECT ContactId, OpportunityId, Opportunity.Name, Opportunity.LastModifiedDate \
             FROM OpportunityContactRole WHERE Opportunity.IsClosed = false AND ",
            " ORDER BY Opportunity.LastModifiedDate DESC",
        )
    }

    /// Active users with one of these texts, compared case-insensitively, in one of these fields: `Id`, `Name`,
    /// `Email`, `Username`, `UserType`, `LastModifiedDate`. Several users may share an e-mail address.
    pub fn active_users(texts: &[String], fields: &[&'static str]) -> Vec<Self> {
        In::values(texts.iter().map(|text| literal(text))).fields(fields).statements(
            "SELECT Id, Name, Email, Username, UserType, LastModifiedDate FROM User WHERE IsActive = true AND ",
            " ORDER BY LastModifiedDate DESC",
        )
    }

    /// Accounts with exactly one of these names, compared case-insensitively: `Id`, `Name`, `LastModifiedDate` and
    /// `fields`. `Name` has an index.
    pub fn accounts_by_name(names: &[String], fields: &[&'static str]) -> Vec<Self> {
        let fields: String = fields.iter().flat_map(|field| [", ", field]).collect();
        In::values(names.iter().map(|name| literal(name))).fields(&["Name"]).statements(
            &format!("SELECT Id, Name, LastModifiedDate{fields} FROM Account WHERE "),
            " ORDER BY LastModifiedDate DESC",
        )
    }

    /// Tasks by their key: `Id`, the key field, `CreatedDate`, `LastModifiedDate`. With `created_since`, only those
    /// created in that second or later. `CallObject` has no index but `CreatedDate` has, so this spares a big org a
    /// scan of all Tasks.
    pub fn tasks_by_key(field: KeyField, keys: &[String], created_since: Option<Timestamp>) -> Vec<Self> {
        let name = field.name();
        let since = created_since.map(|since| format!(" AND CreatedDate >= {}", date_time(since))).unwrap_or_default();
        In::values(keys.iter().map(|key| literal(key))).fields(&[name]).statements(
            &format!("SELECT Id, {name}, CreatedDate, LastModifiedDate FROM Task WHERE "),
            &format!("{since} ORDER BY LastModifiedDate DESC"),
        )
    }

    /// Tasks by their ids, with these fields.
    pub fn tasks_by_id(ids: &[SalesforceId], fields: &[&'static str]) -> Vec<Self> {
        Self::records_by_id(SObject::Task, ids, fields)
    }

    /// Records by their ids, with these fields beside `Id`. Deleted records are missing from the result.
    pub fn records_by_id(sobject: SObject, ids: &[SalesforceId], fields: &[&'static str]) -> Vec<Self> {
        let fields: String = fields.iter().filter(|field| **field != "Id").flat_map(|field| [", ", field]).collect();
        In::values(ids.iter().map(id_literal))
            .fields(&["Id"])
            .statements(&format!("SELECT Id{fields} FROM {sobject} WHERE "), " ORDER BY LastModifiedDate DESC")
    }

    /// Any one record of an object, with these fields beside `Id`. Refused by an org that lacks one of them, or hides it.
    pub fn any(sobject: SObject, fields: &[&'static str]) -> Self {
        let fields: String = fields.iter().flat_map(|field| [", ", field]).collect();
        Self(format!("SELECT Id{fields} FROM {sobject} LIMIT 1"))
    }

    /// The org itself: `Country`, `DefaultLocaleSidKey`.
    pub fn organization() -> Self {
        Self("SELECT Id, Country, DefaultLocaleSidKey FROM Organization LIMIT 1".to_owned())
    }

    /// What became of records: `Id`, `IsDeleted`, `MasterRecordId`, which is the record that a deleted one was merged
    /// into. For [`crate::Client::query_with_deleted`].
    pub fn fates(sobject: SObject, ids: &[SalesforceId]) -> Vec<Self> {
        Self::records_by_id(sobject, ids, &["IsDeleted", "MasterRecordId"])
    }

    /// The statement.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Path and query string of the request, encoded.
    pub(crate) fn path(&self, version: &ApiVersion) -> String {
        self.path_of("query", version)
    }

    /// The same for `queryAll`, which also finds deleted records.
    pub(crate) fn path_with_deleted(&self, version: &ApiVersion) -> String {
        self.path_of("queryAll", version)
    }

    fn path_of(&self, resource: &str, version: &ApiVersion) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", &self.0).finish();
        format!("/services/data/{version}/{resource}?{query}")
    }
}

/// Shows the length only: a query holds phone numbers and e-mail addresses.
impl std::fmt::Debug for Soql {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Soql({} characters)", self.0.len())
    }
}

fn id_literal(id: &SalesforceId) -> String {
    literal(id.as_str())
}

/// `field IN (…)`, or the same for several fields joined by OR.
struct In<'a> {
    literals: BTreeSet<String>,
    fields: &'a [&'static str],
}

impl<'a> In<'a> {
    /// Leaves out values that are too long for a statement, or that a composite might take for a reference to another
    /// result. No valid e-mail address, key or phone number is affected.
    fn values(literals: impl Iterator<Item = String>) -> Self {
        let is_allowed = |literal: &String| literal.len() <= MAX_LITERAL && !literal.contains("@{");
        Self { literals: literals.filter(is_allowed).collect(), fields: &[] }
    }

    fn fields(self, fields: &'a [&'static str]) -> Self {
        Self { fields, ..self }
    }

    /// Builds `head` + condition + `tail`, split so that each statement fits.
    fn statements(self, head: &str, tail: &str) -> Vec<Soql> {
        let per_value = |literal: &String| (literal.len() + ",".len()) * self.fields.len();
        self.split(head, tail, per_value, |field, list| vec![format!("{field} IN ({})", list.join(","))])
    }

    /// The same with `field LIKE value` for each field and value.
    fn likes(self, head: &str, tail: &str) -> Vec<Soql> {
        let like = |field: &str, value: &String| format!("{field} LIKE {value}");
        let per_value =
            |literal: &String| self.fields.iter().map(|field| like(field, literal).len() + " OR ".len()).sum();
        self.split(head, tail, per_value, |field, list| list.iter().map(|value| like(field, value)).collect())
    }

    fn split(
        &self,
        head: &str,
        tail: &str,
        per_value: impl Fn(&String) -> usize,
        conditions: impl Fn(&str, &[String]) -> Vec<String>,
    ) -> Vec<Soql> {
        let condition = |list: &[String]| {
            let each: Vec<String> = self.fields.iter().flat_map(|field| conditions(field, list)).collect();
            if let [one] = each.as_slice() { one.clone() } else { format!("({})", each.join(" OR ")) }
        };
        let room = MAX_STATEMENT.saturating_sub(head.len() + tail.len() + condition(&[]).len());
        let mut statements = Vec::new();
        let mut list = Vec::new();
        let mut length = 0;
        for literal in self.literals.iter().filter(|_| !self.fields.is_empty()) {
            if !list.is_empty() && length + per_value(literal) > room {
                statements.push(Soql(format!("{head}{}{tail}", condition(&list))));
                list.clear();
                length = 0;
            }
            length += per_value(literal);
            list.push(literal.clone());
        }
        if !list.is_empty() {
            statements.push(Soql(format!("{head}{}{tail}", condition(&list))));
        }
        statements
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(text: &str) -> SalesforceId {
        SalesforceId::parse(text).unwrap()
    }

    #[track_caller]
    fn check(built: &[Soql], expect: &[&str]) {
        assert_eq!(built.iter().map(Soql::as_str).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn open_cases_are_queried_newest_first() {
        check(
            &Soql::open_cases(&[id("003Vr00000m4eGC"), id("003Vr00000m4eGC")]),
            &["SELECT Id, CaseNumber, ContactId, LastModifiedDate FROM Case WHERE IsClosed = false AND \
               ContactId IN ('003Vr00000m4eGCIAY') ORDER BY LastModifiedDate DESC"],
        );
    }

    #[test]
    fn open_opportunities_are_queried_by_contact_role() {
        check(
            &Soql::open_opportunities(&[id("003Vr00000m4eGC")]),
            &["SELECT ContactId, OpportunityId, Opportunity.Name, Opportunity.LastModifiedDate FROM \
               OpportunityContactRole WHERE Opportunity.IsClosed = false AND ContactId IN ('003Vr00000m4eGCIAY') \
               ORDER BY Opportunity.LastModifiedDate DESC"],
        );
    }

    #[test]
    fn an_email_cannot_break_out_of_its_literal() {
        check(
            &Soql::active_users(&["o'neil@example.com".to_owned()], &["Email"]),
            &[
                "SELECT Id, Name, Email, Username, UserType, LastModifiedDate FROM User WHERE IsActive = true AND Email IN \
               ('o\\'neil@example.com') ORDER BY LastModifiedDate DESC",
            ],
        );
    }

    #[test]
    fn tasks_are_queried_by_key() {
        check(
            &Soql::tasks_by_key(KeyField::AircallKey, &["call-2".to_owned(), "call-1".to_owned()], None),
            &["SELECT Id, Aircall_Key__c, CreatedDate, LastModifiedDate FROM Task WHERE \
               Aircall_Key__c IN ('call-1','call-2') ORDER BY LastModifiedDate DESC"],
        );
    }

    #[test]
    fn tasks_are_queried_by_creation_time() {
        check(
            &Soql::tasks_by_key(
                KeyField::CallObject,
                &["call-1".to_owned()],
                Some("2026-11-22T18:36:26.789+01:00".parse().unwrap()),
            ),
            &["SELECT Id, CallObject, CreatedDate, LastModifiedDate FROM Task WHERE CallObject IN ('call-1') AND \
               CreatedDate >= 2026-11-22T17:36:26Z ORDER BY LastModifiedDate DESC"],
        );
        assert!(Soql::tasks_by_key(KeyField::CallObject, &[], Some(Timestamp::UNIX_EPOCH)).is_empty());
    }

    #[test]
    fn records_are_queried_by_id() {
        check(
            &Soql::tasks_by_id(&[id("00TVr00000m4eGC")], &["Id", "Status"]),
            &["SELECT Id, Status FROM Task WHERE Id IN ('00TVr00000m4eGCMAY') ORDER BY LastModifiedDate DESC"],
        );
    }

    #[test]
    fn any_record_is_queried_with_fields() {
        let soql = Soql::any(SObject::Account, &["IsPersonAccount"]);
        check(&[soql], &["SELECT Id, IsPersonAccount FROM Account LIMIT 1"]);
    }

    #[test]
    fn an_empty_list_needs_no_query() {
        assert!(Soql::open_cases(&[]).is_empty());
        assert!(Soql::active_users(&[], &["Email"]).is_empty());
    }

    #[test]
    fn values_that_no_field_can_hold_are_left_out() {
        let (long, escaped) = ("a".repeat(100_000), "\\'".repeat(2_000));
        let emails = ["jane@example.com".to_owned(), long, escaped, "x@{c.id}".to_owned()];
        let asked = Soql::active_users(&emails, &["Email"]);
        assert_eq!(asked.len(), 1);
        assert!(asked[0].as_str().contains("Email IN ('jane@example.com')"));
        assert!(Soql::active_users(&emails[1..], &["Email"]).is_empty());
    }

    #[test]
    fn debug_shows_no_value() {
        let shown = format!("{:?}", Soql::active_users(&["jane@example.com".to_owned()], &["Email"]));
        assert!(!shown.contains("jane"), "{shown}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn every_value_is_queried_and_every_statement_fits(count in 0..4000_usize, width in 1..60_usize) {
            let emails: Vec<String> = (0..count).map(|n| format!("{n:0width$}@example.com")).collect();
            let statements = Soql::active_users(&emails, &["Email"]);
            prop_assert!(statements.iter().all(|soql| soql.as_str().len() <= MAX_STATEMENT));
            let asked = statements.iter().map(|soql| soql.as_str().matches("@example.com'").count()).sum::<usize>();
            prop_assert_eq!(asked, count);
        }
    }
}
