//! The phone fields of each object, and the exact query for phone numbers.

use jiff::Timestamp;

use super::literal::{date_time, literal};
use super::{In, Soql, id_literal};
use crate::{SObject, SalesforceId};

const CONTACT: &[&str] = &["Phone", "MobilePhone", "HomePhone", "OtherPhone", "AssistantPhone"];
const LEAD: &[&str] = &["Phone", "MobilePhone"];
const ACCOUNT: &[&str] = &["Phone"];
const PERSON_ACCOUNT: &[&str] =
    &["Phone", "PersonMobilePhone", "PersonHomePhone", "PersonOtherPhone", "PersonAssistantPhone"];

/// The fields and objects that an org allows in searches for callers.
///
/// A search names each field and object it needs. If the org lacks one or hides it from the user, the whole search is
/// refused: leave it out with [`CallerFields::without`] or [`CallerFields::without_object`], and retry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallerFields {
    person_accounts: bool,
    /// Fields that are left out, of one object or of all.
    hidden: Vec<(Option<SObject>, String)>,
    missing: Vec<SObject>,
    /// Fields that queries cannot filter by.
    unfilterable: Vec<(SObject, String)>,
    /// Objects that are searched but not queried.
    unconfirmed: Vec<SObject>,
    /// Objects that are too large to be scanned.
    unscanned: Vec<SObject>,
}

impl CallerFields {
    /// All fields; `person_accounts` includes those that exist only in orgs with person accounts.
    pub fn new(person_accounts: bool) -> Self {
        Self { person_accounts, ..Self::default() }
    }

    /// The same without a field of one object, as [`crate::Refusal::entity`] names it, or of every object with a field
    /// of this name. Leaving out `IsPersonAccount` or `PersonContactId` of any object turns person accounts off.
    #[must_use]
    pub fn without(mut self, sobject: Option<SObject>, field: &str) -> Self {
        self.person_accounts &= !matches!(field, "IsPersonAccount" | "PersonContactId");
        self.hidden.push((sobject, field.to_owned()));
        self
    }

    /// The same without an object that the org hides: it is not queried.
    #[must_use]
    pub fn without_object(mut self, sobject: SObject) -> Self {
        self.missing.push(sobject);
        self
    }

    /// The same without a field in the conditions of queries, as an encrypted one, by which only searches find records.
    #[must_use]
    pub fn without_filter(mut self, sobject: SObject, field: &str) -> Self {
        self.unfilterable.push((sobject, field.to_owned()));
        self
    }

    /// The same without queries of an object by phone number: it is only searched.
    #[must_use]
    pub fn without_query(mut self, sobject: SObject) -> Self {
        self.unconfirmed.push(sobject);
        self
    }

    /// The same without scans of an object: only records that were modified lately are queried.
    #[must_use]
    pub fn without_scan(mut self, sobject: SObject) -> Self {
        self.unscanned.push(sobject);
        self
    }

    /// Whether an object may be scanned.
    pub fn can_scan(&self, sobject: SObject) -> bool {
        !self.unscanned.contains(&sobject)
    }

    /// Whether person accounts are included.
    pub fn has_person_accounts(&self) -> bool {
        self.person_accounts
    }

    /// Whether queries may filter by a field.
    pub fn can_filter(&self, sobject: SObject, field: &str) -> bool {
        !self.unfilterable.iter().any(|(object, other)| *object == sobject && other == field)
    }

    /// Those of [`CallerFields::phones`] that queries may filter by.
    fn filterable_phones(&self, sobject: SObject) -> Vec<&'static str> {
        let is_filterable = |phone: &&str| !self.unconfirmed.contains(&sobject) && self.can_filter(sobject, phone);
        self.phones(sobject).into_iter().filter(is_filterable).collect()
    }

    /// The fields of an object that hold a caller's phone number; empty for an object that is not queried. Fax is left
    /// out, as nobody calls from one.
    pub fn phones(&self, sobject: SObject) -> Vec<&'static str> {
        let phones = match sobject {
            _ if self.missing.contains(&sobject) => &[],
            SObject::Contact => CONTACT,
            SObject::Lead => LEAD,
            SObject::Account if self.person_accounts => PERSON_ACCOUNT,
            SObject::Account => ACCOUNT,
            SObject::Case | SObject::Opportunity | SObject::Task | SObject::User => &[],
        };
        self.visible(sobject, phones)
    }

    /// The fields of an object that hold the country of an address, the likeliest first.
    pub(crate) fn countries(&self, sobject: SObject) -> Vec<&'static str> {
        let countries: &[&str] = match sobject {
            SObject::Contact => &["MailingCountry", "OtherCountry"],
            SObject::Lead => &["Country"],
            SObject::Account if self.person_accounts => &["PersonMailingCountry", "BillingCountry", "ShippingCountry"],
            SObject::Account => &["BillingCountry", "ShippingCountry"],
            SObject::Case | SObject::Opportunity | SObject::Task | SObject::User => &[],
        };
        self.visible(sobject, countries)
    }

    fn visible(&self, sobject: SObject, fields: &[&'static str]) -> Vec<&'static str> {
        fields.iter().copied().filter(|field| !self.is_hidden(sobject, field)).collect()
    }

    fn is_hidden(&self, sobject: SObject, field: &str) -> bool {
        self.hidden.iter().any(|(of, hidden)| hidden == field && of.is_none_or(|of| of == sobject))
    }

    /// The phone fields and countries of an object.
    pub fn selected(&self, sobject: SObject) -> Vec<&'static str> {
        [self.phones(sobject), self.countries(sobject)].concat()
    }

    /// The selected fields of a candidate record: id, name, phones, last modification, and the fields for its kind.
    pub(super) fn select(&self, sobject: SObject) -> String {
        let mut fields = vec!["Id", "Name"];
        fields.extend(self.phones(sobject));
        fields.push("LastModifiedDate");
        fields.extend(self.countries(sobject));
        match (sobject, self.person_accounts) {
            (SObject::Contact, true) => fields.extend(["AccountId", "IsPersonAccount"]),
            (SObject::Contact, false) => fields.push("AccountId"),
            (SObject::Account, true) => fields.extend(["IsPersonAccount", "PersonContactId"]),
            _ => {}
        }
        self.visible(sobject, &fields).join(", ")
    }

    /// The condition that excludes records that cannot be a caller: converted Leads, and the hidden Contact of a person
    /// account, which is found as the Account.
    pub(super) fn condition(&self, sobject: SObject) -> Option<&'static str> {
        match sobject {
            SObject::Contact if self.person_accounts => Some("IsPersonAccount = false"),
            SObject::Lead => Some("IsConverted = false"),
            SObject::Contact
            | SObject::Account
            | SObject::Case
            | SObject::Opportunity
            | SObject::Task
            | SObject::User => None,
        }
    }

    /// Whether the exact query finds a person account by its hidden Contact, which holds the same numbers. Querying
    /// them on the Account too would lengthen the query by half.
    fn persons_by_contact(&self) -> bool {
        self.person_accounts
            && !self.filterable_phones(SObject::Contact).is_empty()
            && !self.is_hidden(SObject::Contact, "AccountId")
    }
}

impl Soql {
    /// Contacts, Leads or Accounts, all or those that were modified `since`, with exactly one of these texts in a phone
    /// field; selects the same fields as [`super::Sosl::phones`]. Sees records that the search index does not list yet.
    /// Returns no query for objects without phone fields.
    ///
    /// `SystemModstamp` has an index and phone fields have none: without `since`, it is a scan of the whole object.
    /// Source:
    /// <https://help.salesforce.com/s/articleView?id=000006007>.
    ///
    /// With person accounts, query both Contacts and Accounts: a person is found as the hidden Contact.
    pub fn records_by_phone(
        sobject: SObject,
        forms: &[String],
        fields: &CallerFields,
        since: Option<Timestamp>,
    ) -> Vec<Self> {
        Self::by_phone(sobject, forms, fields, since, " ORDER BY LastModifiedDate DESC")
    }

    /// The same, but only the 200 that were last modified, whenever that was: for one phone number that more records
    /// have than a query should return. A scan of the whole object.
    pub fn latest_by_phone(sobject: SObject, forms: &[String], fields: &CallerFields) -> Vec<Self> {
        Self::by_phone(sobject, forms, fields, None, " ORDER BY LastModifiedDate DESC LIMIT 200")
    }

    /// The same as [`Soql::records_by_phone`] for records with these digits, or letters, in a phone field, in this
    /// order and whatever stands between them: for a few numbers only.
    ///
    /// Salesforce compares `LIKE` ignoring case; `%` stands for any text. Source:
    /// <https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_comparisonoperators.htm>.
    pub fn records_by_pattern(
        sobject: SObject,
        texts: &[String],
        fields: &CallerFields,
        since: Option<Timestamp>,
    ) -> Vec<Self> {
        let pattern = |text: &String| {
            let is_plain = !text.is_empty() && text.chars().all(char::is_alphanumeric);
            is_plain.then(|| literal(&text.chars().fold("%".to_owned(), |pattern, c| format!("{pattern}{c}%"))))
        };
        let (head, phones) = Self::head(sobject, fields, since);
        In::values(texts.iter().filter_map(pattern)).fields(&phones).likes(&head, " ORDER BY LastModifiedDate DESC")
    }

    /// Contacts, Leads or Accounts by their ids; selects the same fields.
    pub fn callers_by_id(sobject: SObject, ids: &[SalesforceId], fields: &CallerFields) -> Vec<Self> {
        let converted = if sobject == SObject::Lead { ", IsConverted" } else { "" };
        let head = format!("SELECT {}{converted} FROM {sobject} WHERE ", fields.select(sobject));
        In::values(ids.iter().map(id_literal)).fields(&["Id"]).statements(&head, " ORDER BY LastModifiedDate DESC")
    }

    fn by_phone(
        sobject: SObject,
        forms: &[String],
        fields: &CallerFields,
        since: Option<Timestamp>,
        tail: &str,
    ) -> Vec<Self> {
        let (head, phones) = Self::head(sobject, fields, since);
        In::values(forms.iter().map(|form| literal(form))).fields(&phones).statements(&head, tail)
    }

    /// The beginning of a query by phone number, and the fields to compare.
    fn head(sobject: SObject, fields: &CallerFields, since: Option<Timestamp>) -> (String, Vec<&'static str>) {
        let by_contact = fields.persons_by_contact();
        let condition = fields.condition(sobject).filter(|_| sobject != SObject::Contact || !by_contact);
        let condition = condition.map(|condition| format!("{condition} AND ")).unwrap_or_default();
        let since = since.map(|since| format!("SystemModstamp >= {} AND ", date_time(since))).unwrap_or_default();
        let head = format!("SELECT {} FROM {sobject} WHERE {since}{condition}", fields.select(sobject));
        let mut phones = fields.filterable_phones(sobject);
        phones.retain(|phone| sobject != SObject::Account || !by_contact || ACCOUNT.contains(phone));
        (head, phones)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sobject: SObject, person_accounts: bool, expect: &str) {
        let built = Soql::records_by_phone(
            sobject,
            &["+15550100".to_owned()],
            &CallerFields::new(person_accounts),
            Some(Timestamp::UNIX_EPOCH),
        );
        assert_eq!(built.iter().map(Soql::as_str).collect::<Vec<_>>(), [expect]);
    }

    #[test]
    fn contacts_are_queried_by_their_five_phone_fields() {
        check(
            SObject::Contact,
            true,
            "SELECT Id, Name, Phone, MobilePhone, HomePhone, OtherPhone, AssistantPhone, LastModifiedDate, \
             MailingCountry, OtherCountry, AccountId, IsPersonAccount FROM Contact WHERE SystemModstamp >= 1970-01-01T00:00:00Z AND (Phone IN ('+15550100') OR MobilePhone IN ('+15550100') OR HomePhone \
             IN ('+15550100') OR OtherPhone IN ('+15550100') OR AssistantPhone IN ('+15550100')) ORDER BY \
             LastModifiedDate DESC",
        );
    }

    #[test]
    fn person_accounts_are_queried_by_contact_only() {
        check(
            SObject::Account,
            true,
            "SELECT Id, Name, Phone, PersonMobilePhone, PersonHomePhone, PersonOtherPhone, PersonAssistantPhone, \
             LastModifiedDate, PersonMailingCountry, BillingCountry, ShippingCountry, IsPersonAccount, \
             PersonContactId FROM Account WHERE SystemModstamp >= 1970-01-01T00:00:00Z AND Phone IN ('+15550100') ORDER BY \
             LastModifiedDate DESC",
        );
    }

    #[test]
    fn person_accounts_are_queried_as_accounts_if_their_contacts_cannot_be() {
        let forms = ["+15550100".to_owned()];
        let all = CallerFields::new(true);
        for fields in
            [all.clone().without(Some(SObject::Contact), "AccountId"), all.clone().without_object(SObject::Contact)]
        {
            let accounts = &Soql::records_by_phone(SObject::Account, &forms, &fields, Some(Timestamp::UNIX_EPOCH))[0];
            assert!(accounts.as_str().contains("OR PersonAssistantPhone IN ("), "{}", accounts.as_str());
            for contacts in Soql::records_by_phone(SObject::Contact, &forms, &fields, Some(Timestamp::UNIX_EPOCH)) {
                assert!(contacts.as_str().contains("Z AND IsPersonAccount = false AND"), "{}", contacts.as_str());
            }
        }
    }

    #[test]
    fn a_hidden_object_is_not_queried() {
        let fields = CallerFields::new(false).without_object(SObject::Lead);
        let asks = |sobject| {
            !Soql::records_by_phone(sobject, &["1".to_owned()], &fields, Some(Timestamp::UNIX_EPOCH)).is_empty()
        };
        assert_eq!([SObject::Contact, SObject::Lead, SObject::Account].map(asks), [true, false, true]);
    }

    #[test]
    fn converted_leads_are_excluded() {
        check(
            SObject::Lead,
            false,
            "SELECT Id, Name, Phone, MobilePhone, LastModifiedDate, Country FROM Lead WHERE SystemModstamp >= 1970-01-01T00:00:00Z AND IsConverted = false AND (Phone IN \
             ('+15550100') OR MobilePhone IN ('+15550100')) ORDER BY LastModifiedDate DESC",
        );
    }

    #[test]
    fn accounts_are_queried_by_phone() {
        check(
            SObject::Account,
            false,
            "SELECT Id, Name, Phone, LastModifiedDate, BillingCountry, ShippingCountry FROM Account WHERE SystemModstamp >= 1970-01-01T00:00:00Z AND Phone IN ('+15550100') ORDER BY \
             LastModifiedDate DESC",
        );
    }

    #[test]
    fn a_pattern_finds_digits_whatever_stands_between_them() {
        let built = Soql::records_by_pattern(
            SObject::Lead,
            &["132".to_owned(), "1'2".to_owned()],
            &CallerFields::new(false),
            Some(Timestamp::UNIX_EPOCH),
        );
        let built: Vec<&str> = built.iter().map(Soql::as_str).collect();
        let expected = "Z AND IsConverted = false AND (Phone LIKE '%1%3%2%' OR MobilePhone LIKE '%1%3%2%') ORDER BY";
        assert!(matches!(built[..], [one] if one.contains(expected)), "{built:?}");
    }

    #[test]
    fn person_fields_are_selected_only_where_they_exist() {
        let ask = |sobject, fields: &CallerFields| {
            Soql::records_by_phone(sobject, &["1".to_owned()], fields, Some(Timestamp::UNIX_EPOCH))[0]
                .as_str()
                .contains("Person")
        };
        let (on, off) = (CallerFields::new(true), CallerFields::new(false));
        for sobject in [SObject::Account, SObject::Contact] {
            assert!(ask(sobject, &on) && !ask(sobject, &off));
            for of in [None, Some(SObject::Account), Some(SObject::Contact)] {
                assert!(!ask(sobject, &on.clone().without(of, "IsPersonAccount")), "{sobject} {of:?}");
            }
        }
    }

    #[test]
    fn a_hidden_field_is_neither_selected_nor_compared() {
        let fields = CallerFields::new(true).without(None, "AssistantPhone").without(None, "AccountId");
        let asked =
            Soql::records_by_phone(SObject::Contact, &["1".to_owned()], &fields, Some(Timestamp::UNIX_EPOCH)).remove(0);
        assert!(!asked.as_str().contains("Assistant") && !asked.as_str().contains("AccountId"), "{}", asked.as_str());
        assert!(asked.as_str().contains("OtherPhone IN") && asked.as_str().contains("IsPersonAccount"));
    }

    #[test]
    fn a_field_hidden_on_one_object_is_queried_on_the_others() {
        let phones = |of| {
            let fields = CallerFields::new(false).without(of, "MobilePhone");
            let has = |sobject| {
                let asked =
                    Soql::records_by_phone(sobject, &["1".to_owned()], &fields, Some(Timestamp::UNIX_EPOCH)).remove(0);
                assert_eq!(fields.phones(sobject).contains(&"MobilePhone"), asked.as_str().contains("MobilePhone IN"));
                asked.as_str().contains("MobilePhone")
            };
            [SObject::Contact, SObject::Lead].map(has)
        };
        assert_eq!(phones(Some(SObject::Lead)), [true, false]);
        assert_eq!(phones(Some(SObject::Contact)), [false, true]);
        assert_eq!(phones(Some(SObject::Account)), [true, true]);
        assert_eq!(phones(None), [false, false]);
    }

    #[test]
    fn objects_without_phone_fields_need_no_query() {
        assert!(
            Soql::records_by_phone(
                SObject::Case,
                &["1".to_owned()],
                &CallerFields::new(false),
                Some(Timestamp::UNIX_EPOCH)
            )
            .is_empty()
        );
    }
}
